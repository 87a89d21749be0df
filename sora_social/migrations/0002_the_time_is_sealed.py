"""Until now a row's time was not in its digest: the chain is forged anew, once, with the times."""

import hashlib
import json
from datetime import UTC

import django.utils.timezone
from django.db import migrations, models


def seal_the_time(apps, _):
    before = "0" * 64
    for row in apps.get_model("sora_social", "AuditRecord").objects.order_by("pk"):
        said = [row.pk, row.at.astimezone(UTC).isoformat(), row.kind, row.actor_id, row.body]
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        row.digest = hashlib.sha256((before + canonical).encode()).hexdigest()
        row.save(update_fields=["digest"])
        before = row.digest


class Migration(migrations.Migration):

    dependencies = [
        ('sora_social', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditrecord',
            name='at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.RunPython(seal_the_time, migrations.RunPython.noop),
    ]
