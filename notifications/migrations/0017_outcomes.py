from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0026_outcomes"),
        ("badges", "0027_what_rules_say"),
        ("notifications", "0016_texts_of_endings"),
        ("people", "0015_currency"),
        ("rules", "0013_ends_by_hand"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_cause",
        ),
        migrations.RemoveConstraint(
            model_name="preference",
            name="preference_known",
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("earned", "Earned"),
                    ("lost", "Lost"),
                    ("ends_soon", "Ends soon"),
                    ("to_decide", "Nomination to decide"),
                    ("decided", "Nomination decided"),
                    ("to_verify", "Saving to verify"),
                    ("verified", "Saving verified"),
                    ("named", "Put on it"),
                    ("commented", "Comment"),
                    ("outcome", "What became of it"),
                    ("held_back", "Rule paused for a look"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="preference",
            name="kind",
            field=models.CharField(
                choices=[
                    ("earned", "Earned"),
                    ("lost", "Lost"),
                    ("ends_soon", "Ends soon"),
                    ("to_decide", "Nomination to decide"),
                    ("decided", "Nomination decided"),
                    ("to_verify", "Saving to verify"),
                    ("verified", "Saving verified"),
                    ("named", "Put on it"),
                    ("commented", "Comment"),
                    ("outcome", "What became of it"),
                    ("held_back", "Rule paused for a look"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("award__isnull", False),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", False),
                        ("flood__isnull", True),
                        ("kind__in", ["earned", "lost"]),
                        ("news__isnull", True),
                        ("nomination__isnull", True),
                    ),
                    models.Q(
                        ("award__isnull", False),
                        ("days__isnull", False),
                        ("ends_on__isnull", False),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ["ends_soon"]),
                        ("news__isnull", True),
                        ("nomination__isnull", True),
                    ),
                    models.Q(
                        ("award__isnull", True),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ("to_decide", "decided")),
                        ("news__isnull", True),
                        ("nomination__isnull", False),
                    ),
                    models.Q(
                        ("award__isnull", True),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ("to_verify", "verified", "named", "outcome", "commented")),
                        ("news__isnull", False),
                        ("nomination__isnull", True),
                    ),
                    models.Q(
                        ("award__isnull", True),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", False),
                        ("kind__in", ["held_back"]),
                        ("news__isnull", True),
                        ("nomination__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="notice_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "earned",
                            "lost",
                            "ends_soon",
                            "to_decide",
                            "decided",
                            "to_verify",
                            "verified",
                            "named",
                            "commented",
                            "outcome",
                            "held_back",
                        ],
                    ),
                    ("rhythm__in", ["at_once", "daily", "never"]),
                ),
                name="preference_known",
            ),
        ),
    ]
