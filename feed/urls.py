from django.urls import path, register_converter

from feed import choosing, inbox_views, lists, revocation_views, verify_views, views


class PostId:
    """A 63-bit number."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        if (number := int(value)) >= 2**63:
            raise ValueError
        return number

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(PostId, "post")

urlpatterns = [
    path("posts/", views.Posts.as_view(), name="posts"),
    path("posts/<post:pk>/", views.PostDetail.as_view(), name="post"),
    path("posts/<post:pk>/tree/", views.Tree.as_view(), name="post-tree"),
    path("posts/<post:pk>/remixes/", lists.RemixesOf.as_view(), name="post-remixes"),
    path("posts/<post:pk>/like/", views.Liking.as_view(), name="post-like"),
    path("posts/<post:pk>/comments/", views.Comments.as_view(), name="post-comments"),
    path("posts/<post:pk>/why/", lists.Why.as_view(), name="post-why"),
    path("comments/<uuid:pk>/", views.OneComment.as_view(), name="comment"),
    path(
        "cameos/<uuid:pk>/taking-back/",
        revocation_views.TakingBack.as_view(),
        name="cameo-taking-back",
    ),
    path("people/<str:handle>/posts/", lists.PostsOf.as_view(), name="person-posts"),
    path("feed/home/", lists.Home.as_view(), name="feed-home"),
    path("feed/latest/", lists.Latest.as_view(), name="feed-latest"),
    path("feed/following/", lists.Following.as_view(), name="feed-following"),
    path("feed/top/", lists.Top.as_view(), name="feed-top"),
    path("feed/friends/", lists.Friends.as_view(), name="feed-friends"),
    path("feed/with-me/", lists.WithMe.as_view(), name="feed-with-me"),
    path("feed/plain/", lists.Plain.as_view(), name="feed-plain"),
    path("feed/options/", choosing.Options.as_view(), name="feed-options"),
    path("me/feed/", choosing.OwnChoices.as_view(), name="own-feed"),
    path("me/feed/steering/", choosing.Steering.as_view(), name="steering"),
    path("me/feed/picks/", choosing.Picks.as_view(), name="picks"),
    path("me/feed/chips/<post:chip>/", choosing.OneChip.as_view(), name="chip"),
    path("me/recipes/", choosing.Recipes.as_view(), name="recipes"),
    path("recipes/<uuid:recipe>/", choosing.OneRecipe.as_view(), name="recipe"),
    path("recipes/<uuid:recipe>/forks/", choosing.Forks.as_view(), name="recipe-forks"),
    path("feed/events/", lists.Events.as_view(), name="feed-events"),
    path("me/likeness-uses/", inbox_views.LikenessUses.as_view(), name="likeness-uses"),
    path(
        "me/likeness-uses/<uuid:output_id>/",
        inbox_views.LikenessUse.as_view(),
        name="likeness-use",
    ),
    path("me/likeness-makers/", inbox_views.LikenessMakers.as_view(), name="likeness-makers"),
    path("me/likeness-attempts/", inbox_views.LikenessAttempts.as_view(), name="likeness-attempts"),
    path("media/<str:token>/<str:file>", views.Media.as_view(), name="media"),
    path("verify/", verify_views.Verify.as_view(), name="verify"),
    path("verify", verify_views.Verify.as_view(schema=None)),  # as people write it
]
