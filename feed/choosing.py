"""What people choose for their feed: wishes in words, recipes, or the order that everybody has."""

from __future__ import annotations

import datetime

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from feed.choosing_serializers import (
    ChipsSerializer,
    ChoicesChangeSerializer,
    ChoicesSerializer,
    ForkSerializer,
    OptionsSerializer,
    PicksSerializer,
    RecipeChangeSerializer,
    RecipeSerializer,
    RecipeShownSerializer,
    RecipesSerializer,
    SentenceSerializer,
)
from feed.views import find
from ranking import services
from ranking.types import About
from sora_social.errors import NotFound
from sora_social.schema import errors
from sora_social.users.models import User


def sent(serializer, request):
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


def handles(numbers):
    return dict(User.objects.present().filter(pk__in=numbers).values_list("pk", "handle"))


# --- chips ----------------------------------------------------------------------------------------


def shown(chips):
    """The chips in words, but those about who is gone."""
    moment = datetime.datetime.now(datetime.UTC).timestamp()
    names = handles([int(chip.key) for chip in chips if chip.about == About.PERSON])
    return [
        {
            "id": str(chip.id),
            "verb": chip.verb,
            "about": chip.about,
            "text": services.chip_text(chip.verb, chip.about, chip.key, names),
            "expires_at": datetime.datetime.fromtimestamp(chip.until, datetime.UTC),
            "fading": chip.about == About.LIKE and not services.is_hard(chip, moment),
        }
        for chip in chips
        if chip.about != About.PERSON or int(chip.key) in names
    ]


def answer(chips, code=status.HTTP_200_OK):
    return Response(ChipsSerializer({"chips": shown(chips)}).data, code)


class OwnChoices(APIView):
    @extend_schema(responses={200: ChoicesSerializer, **errors(401)})
    def get(self, request):
        """What orders one's home."""
        chosen, recipe = services.chosen(request.user.pk), services.active_recipe(request.user.pk)
        now = datetime.datetime.now(datetime.UTC).timestamp()
        return Response(
            ChoicesSerializer(
                {
                    "plain": chosen.plain,
                    "chips": shown(chosen.active(now)),
                    "recipe": recipe and str(recipe.pk),
                }
            ).data
        )

    @extend_schema(
        request=ChoicesChangeSerializer,
        responses={200: ChoicesSerializer, **errors(400, 401, 404)},
    )
    def patch(self, request):
        """Home in the order that everybody has, or by a recipe of one's own."""
        wish = sent(ChoicesChangeSerializer, request)
        if "recipe" in wish:
            own = services.recipes.of(request.user.pk)
            recipe = find(own, wish["recipe"]) if wish["recipe"] else None
            services.use_recipe(request.user.pk, recipe)
        if "plain" in wish:
            services.set_plain(request.user.pk, wish["plain"])
        return self.get(request)


class Steering(APIView):
    @extend_schema(
        request=SentenceSerializer, responses={201: ChipsSerializer, **errors(400, 401, 409)}
    )
    def post(self, request):
        """Say what you want: it becomes chips, all of it or nothing."""
        chips = services.say(request.user, **sent(SentenceSerializer, request))
        return answer(chips, status.HTTP_201_CREATED)


class OneChip(APIView):
    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request, chip):
        """Take a wish back."""
        if not services.remove_chip(request.user.pk, chip):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)


class Picks(APIView):
    @extend_schema(
        request=PicksSerializer, responses={201: ChipsSerializer, **errors(400, 401, 409)}
    )
    def post(self, request):
        """Topics to begin with: wishes for more of them, that last a month."""
        chips = services.pick(request.user, dict.fromkeys(sent(PicksSerializer, request)["topics"]))
        return answer(chips, status.HTTP_201_CREATED)


class Options(APIView):
    @extend_schema(responses={200: OptionsSerializer, **errors(401)})
    def get(self, request):
        """The topics, and the published weights with their bounds."""
        found = {
            "topics": services.TOPICS,
            "weights": services.recipes.published(),
            "longest_wish_days": services.MOST_DAYS,
        }
        return Response(OptionsSerializer(found).data)


# --- recipes --------------------------------------------------------------------------------------


def written(request, recipes):
    """Recipes as the reader may see them."""
    active, ancestors = services.active_recipe(request.user.pk), services.recipes.ancestors
    families = {recipe.pk: ancestors(recipe, request.user) for recipe in recipes}
    everybody = [r for family in families.values() for _, r in family if r] + recipes
    names = handles({recipe.author for recipe in everybody})
    return [
        {
            "id": str(recipe.pk),
            "name": recipe.name,
            "by": names.get(recipe.author),
            "weights": recipe.weights,
            "shared": recipe.shared,
            "active": active is not None and active.pk == recipe.pk,
            "lineage": [
                {"id": link, "name": r and r.name, "by": r and names.get(r.author)}
                for link, r in families[recipe.pk]
            ],
        }
        for recipe in recipes
    ]


def card(request, recipe, code=status.HTTP_200_OK):
    return Response(RecipeShownSerializer(written(request, [recipe])[0]).data, code)


class Recipes(APIView):
    @extend_schema(responses={200: RecipesSerializer, **errors(401)})
    def get(self, request):
        """One's own, the newest first; there are at most fifty."""
        own = list(services.recipes.of(request.user.pk).order_by("-pk"))
        return Response(RecipesSerializer({"items": written(request, own)}).data)

    @extend_schema(
        request=RecipeSerializer, responses={201: RecipeShownSerializer, **errors(400, 401, 409)}
    )
    def post(self, request):
        """Write down weights of one's own, under a name."""
        said = sent(RecipeSerializer, request)
        recipe = services.recipes.write(request.user.pk, **said)
        return card(request, recipe, status.HTTP_201_CREATED)


class OneRecipe(APIView):
    @extend_schema(responses={200: RecipeShownSerializer, **errors(401, 404)})
    def get(self, request, recipe):
        """One's own, or one whose link one was given."""
        return card(request, find(services.recipes.readable_by(request.user), recipe))

    @extend_schema(
        request=RecipeChangeSerializer,
        responses={200: RecipeShownSerializer, **errors(400, 401, 404)},
    )
    def patch(self, request, recipe):
        found = find(services.recipes.of(request.user.pk), recipe)
        services.change_recipe(found, **sent(RecipeChangeSerializer, request))
        return card(request, found)

    @extend_schema(responses={204: None, **errors(401, 404)})
    def delete(self, request, recipe):
        """Forks of it stay."""
        services.remove_recipe(find(services.recipes.of(request.user.pk), recipe))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Forks(APIView):
    @extend_schema(
        request=ForkSerializer,
        responses={201: RecipeShownSerializer, **errors(400, 401, 404, 409)},
    )
    def post(self, request, recipe):
        """A copy of one's own that remembers where it is from."""
        found = find(services.recipes.readable_by(request.user), recipe)
        made = services.recipes.fork(request.user.pk, found, **sent(ForkSerializer, request))
        return card(request, made, status.HTTP_201_CREATED)
