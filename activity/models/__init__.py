from activity.models.attachments import Attachment, AttachmentData
from activity.models.changes import CLAIMS, FIELD_WORDS, ItemChange
from activity.models.comments import Comment
from activity.models.impacts import Expectation, Impact, ImpactKind, Measure, Said
from activity.models.items import (
    MEASURED,
    STATE_WORDS,
    ItemState,
    TeamMember,
    WorkItem,
)
from activity.models.kinds import Kind, Source
from activity.models.ledger import Activity, PendingEvaluation
from activity.models.news import OUTCOMES, ItemNews, NewsKind
from activity.models.sent_back import SAVING, SentBack
from activity.models.tallies import NEVER, ImprovementTally
from activity.models.verifications import Verification
from activity.models.workflow import STEPPED, ItemKind, MoveName, MoveRight, Movers, Step

__all__ = [
    "CLAIMS",
    "FIELD_WORDS",
    "MEASURED",
    "NEVER",
    "OUTCOMES",
    "SAVING",
    "STATE_WORDS",
    "STEPPED",
    "Activity",
    "Attachment",
    "AttachmentData",
    "Comment",
    "Expectation",
    "Impact",
    "ImpactKind",
    "ImprovementTally",
    "ItemChange",
    "ItemKind",
    "ItemNews",
    "ItemState",
    "Kind",
    "Measure",
    "MoveName",
    "MoveRight",
    "Movers",
    "NewsKind",
    "PendingEvaluation",
    "Said",
    "SentBack",
    "Source",
    "Step",
    "TeamMember",
    "Verification",
    "WorkItem",
]
