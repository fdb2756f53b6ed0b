from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0029_waiting"),
        ("badges", "0030_praise"),
        ("notifications", "0018_by_mail_alone"),
        ("people", "0017_words_by_person"),
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
                    ("praised", "Well done"),
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
                    ("praised", "Well done"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "praised")),
                fields=("organization", "award", "recipient"),
                name="praise_told_once",
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
                    models.Q(
                        ("award__isnull", False),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ["praised"]),
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
                            "praised",
                        ],
                    ),
                    ("rhythm__in", ["at_once", "daily", "never"]),
                ),
                name="preference_known",
            ),
        ),
    ]
