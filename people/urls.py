"""Administration, under /<organization>/settings/. `badges` and `rules.urls_settings` add pages that know more."""

from django.urls import path

from people.views import audit, invitations, locations, logo, organization, people, roles

app_name = "administration"
urlpatterns = [
    path("settings/", organization.overview, name="overview"),
    path("settings/locations/", locations.listing, name="locations"),
    path("settings/locations/new/", locations.add, name="add_location"),
    path("settings/locations/<id:location_id>/close/", locations.close, name="close_location"),
    path("settings/locations/<id:location_id>/open/", locations.reopen, name="open_location"),
    path("settings/people/", people.listing, name="people"),
    path("settings/people/new/", people.add, name="add_person"),
    path("settings/people/<id:person_id>/leave/", people.leave, name="leave"),
    path("settings/people/<id:person_id>/return/", people.come_back, name="return"),
    path("settings/people/<id:person_id>/moves/<id:placement_id>/", people.redate, name="placement"),
    path("settings/people/<id:person_id>/roles/", roles.of_person, name="person_roles"),
    path("settings/people/<id:person_id>/invite/", invitations.invite, name="invite"),
    path("settings/people/invite/", invitations.invite_several, name="invite_several"),
    path("settings/roles/", roles.overview, name="roles"),
    path("settings/roles/<id:assignment_id>/take/", roles.take, name="take_role"),
    path("settings/invitations/", invitations.listing, name="invitations"),
    path("settings/invitations/<id:invitation_id>/withdraw/", invitations.withdraw, name="withdraw"),
    path("settings/logo/", logo.choose, name="logo"),
    path("logo/<org:digest>.png", logo.image, name="logo_image"),
    path("settings/audit/", audit.log, name="audit"),
]
