from django.urls import path

from activity.views import edit, files, impact_kinds, impacts, items, kinds, lists, sent_back, talk, workflow

app_name = "activity"
urlpatterns = [
    path("improvements/", lists.listing, name="list"),
    path("improvements/export/", lists.export, name="export"),
    path("improvements/board/", lists.board, name="board"),
    path("improvements/new/", items.create, name="create"),
    path("improvements/<id:number>/", items.detail, name="detail"),
    path("improvements/<id:number>/edit/", edit.edit, name="edit"),
    path("improvements/<id:number>/void/", items.void, name="void"),
    path("improvements/<id:number>/move/", items.move, name="move"),
    path("improvements/<id:number>/step/<id:step_id>/", workflow.move, name="to_step"),
    path("improvements/steps/", workflow.steps, name="steps"),
    path("improvements/steps/<id:step_id>/", workflow.step, name="step"),
    path("improvements/steps/<id:step_id>/shift/", workflow.shift, name="shift_step"),
    path("improvements/steps/<id:step_id>/remove/", workflow.remove, name="remove_step"),
    path("settings/kinds/", kinds.kinds, name="kinds"),
    path("settings/kinds/<str:name>/", kinds.kind, name="kind"),
    path("settings/impacts/", impact_kinds.kinds, name="impact_kinds"),
    path("settings/impacts/<id:kind_id>/", impact_kinds.kind, name="impact_kind"),
    path("settings/impacts/<id:kind_id>/shift/", impact_kinds.shift, name="shift_impact_kind"),
    path("improvements/<id:number>/verify/", items.verify, name="verify"),
    path("improvements/<id:number>/verify/<id:kind_id>/", impacts.verify, name="verify_impact"),
    path("improvements/<id:number>/send-back/", sent_back.send, name="send_back"),
    path("improvements/<id:number>/send-back/<id:kind_id>/", sent_back.send, name="send_back_impact"),
    path("improvements/<id:number>/report/", sent_back.report, name="report_anew"),
    path("improvements/<id:number>/report/<id:kind_id>/", sent_back.report, name="report_impact_anew"),
    path("improvements/<id:number>/comments/", talk.comment, name="comment"),
    path("improvements/<id:number>/files/", files.attach, name="attach"),
    path("improvements/files/<id:attachment_id>/", files.download, name="attachment"),
    path("improvements/files/<id:attachment_id>/small/", files.preview, name="preview"),
    path("improvements/files/<id:attachment_id>/remove/", files.remove, name="remove_attachment"),
    path(
        "improvements/<id:number>/comments/<id:comment_id>/withdraw/", talk.withdraw, name="withdraw_comment"
    ),
]
