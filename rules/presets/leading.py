from rules.presets.parts import LED, Preset, Theme, all_of, count, expires, holds, kept_up, of, rule

TEAMWORK = of("project.completed", roles=["team_member"])
A3 = of("project.completed", attributes={"method": ["A3"]})
FACILITATED = of("event.facilitated")
COACHED = of("person.coached")

PROJECTS = Theme(
    "projects",
    "Projects",
    "Led, or helped along, to the end",
    [
        Preset(
            slug="project-leader",
            name="Project Leader",
            description="Led an improvement project to its end.",
            criteria="Lead a project and complete it.",
            kind="honour",
            emblem="project-leader",
            mode="both",
            ends_after="2 years",
            definition=rule(count(1, LED), expires("2 years")),
        ),
        Preset(
            slug="seasoned-project-leader",
            name="Seasoned Project Leader",
            description="Five projects led to their end.",
            criteria="Lead 5 projects and complete them.",
            kind="honour",
            emblem="seasoned-project-leader",
            definition=rule(count(5, LED)),
            supersedes="project-leader",
        ),
        Preset(
            slug="master-project-leader",
            name="Master Project Leader",
            description="Ten projects led to their end.",
            criteria="Lead 10 projects and complete them.",
            kind="honour",
            emblem="master-project-leader",
            definition=rule(count(10, LED)),
            supersedes="seasoned-project-leader",
        ),
        Preset(
            slug="team-mate",
            name="Good to Have on the Team",
            description="Three projects completed as a member of the team.",
            criteria="Be on the team of 3 projects that were completed.",
            kind="step",
            emblem="team-mate",
            definition=rule(count(3, TEAMWORK)),
        ),
        Preset(
            slug="a3-thinker",
            name="A3 Thinker",
            description="Solves problems on one sheet of paper, from the cause on.",
            criteria="Complete 3 projects by the A3 method.",
            kind="step",
            emblem="a3-thinker",
            definition=rule(count(3, A3)),
        ),
    ],
)
COACHES = Theme(
    "coaches",
    "Facilitators and coaches",
    "Who helps others to improve",
    [
        Preset(
            slug="event-facilitator",
            name="Kaizen Event Facilitator",
            description="Trained to lead improvement events, and has led one.",
            criteria="Complete the facilitator training and facilitate an event.",
            kind="training",
            emblem="event-facilitator",
            definition=rule(
                all_of(
                    count(1, of("training.completed", attributes={"course": ["Facilitation"]})),
                    count(1, FACILITATED),
                )
            ),
        ),
        Preset(
            slug="senior-facilitator",
            name="Senior Facilitator",
            description="Ten events led, and still at it.",
            criteria="Be a Kaizen Event Facilitator and facilitate 10 events; then at least 2 a year.",
            kind="training",
            emblem="senior-facilitator",
            definition=rule(
                all_of(holds(1, "event-facilitator"), count(10, FACILITATED)),
                kept_up(2, "1 year", FACILITATED),
            ),
            supersedes="event-facilitator",
        ),
        Preset(
            slug="coach",
            name="Coach",
            description="Makes time for others, again and again.",
            criteria="Coach 3 people within a year, and let no half year go by without another.",
            kind="honour",
            emblem="coach",
            mode="both",
            definition=rule(count(3, COACHED, within="1 year"), kept_up(1, "6 months")),
        ),
        Preset(
            slug="idea-coach",
            name="Idea Coach",
            description="Helped ten improvements of others along.",
            criteria="Coach 10 improvements.",
            kind="honour",
            emblem="idea-coach",
            definition=rule(count(10, of("improvement.coached"))),
        ),
        Preset(
            slug="mentor-of-the-year",
            name="Mentor of the Year",
            description="Chosen by those who learned from them.",
            criteria="Named once a year by the improvement team.",
            kind="honour",
            emblem="mentor-of-the-year",
            mode="hand",
            ends_after="1 year",
        ),
    ],
)
