"""Who gets what at every address: the table behind test_roles.

Columns: nobody, a viewer, an editor (these three at things of a public library), a stranger (an
editor who is no member), a member (a viewer who is an editor of that library), an administrator
(these three at things of a private library). The library and its jobs belong to somebody else.
A path names its things in braces; `BODIES` holds what is sent. Uploads speak a protocol of their
own (412 without its header): who may send what is in imports/tests/test_uploads.
"""

COLUMNS = ("nobody", "viewer", "editor", "stranger", "member", "admin")

PAGES = """
GET    /                                     302 200 200 200 200 200
GET    /libraries/new/                       302 403 200 200 403 200
POST   /libraries/                           302 403 302 302 403 302
GET    /libraries/{library}/                 302 200 200 404 200 200
GET    /libraries/template/                  302 403 200 200 200 200
GET    /libraries/folders/                   302 403 200 200 403 200
GET    /libraries/{library}/settings/        302 403 200 404 200 200
POST   /libraries/{library}/save/            302 403 302 404 302 302
GET    /libraries/{library}/organize/        302 403 200 404 200 200
POST   /libraries/{library}/organize/start/  302 403 302 404 302 302
POST   /libraries/{library}/relocate/        302 403 403 404 403 302
GET    /libraries/{library}/people/          302 403 403 404 403 200
POST   /libraries/{library}/members/         302 403 403 404 403 302
POST   /libraries/{library}/members/remove/  302 403 403 404 403 302
POST   /libraries/{library}/owner/           302 403 403 404 403 302
GET    /libraries/{library}/removal/         302 403 403 404 403 200
POST   /libraries/{library}/delete/          302 403 403 404 403 409
GET    /entries/{entry}/                     302 200 200 404 200 200
GET    /entries/{entry}/about/               302 200 200 404 200 200
GET    /entries/{entry}/player/              302 200 200 404 200 200
GET    /entries/{entry}/history/             302 200 200 404 200 200
GET    /entries/{entry}/edit/                302 403 200 404 200 200
POST   /entries/{entry}/save/                302 403 302 404 302 302
GET    /entries/{entry}/removal/             302 403 200 404 200 200
POST   /entries/{entry}/delete/              302 403 302 404 302 302
POST   /entries/{entry}/state/               302 302 302 404 302 302
GET    /entries/{entry}/place/               302 403 200 404 200 200
POST   /entries/{entry}/move/                302 403 422 404 422 422
GET    /entries/{entry}/picture/             302 403 200 404 200 200
POST   /entries/{entry}/picture/save/        302 403 422 404 422 422
GET    /entries/{entry}/subtitles/           302 403 200 404 200 200
POST   /entries/{entry}/subtitles/add/       302 403 422 404 422 422
POST   /entries/{entry}/subtitles/{subtitle}/remove/  302 403 302 404 302 302
POST   /entries/select/                      302 403 200 302 200 200
POST   /entries/change/                      302 302 302 302 302 302
POST   /entries/change/{change}/undo/        302 404 404 404 404 404
GET    /tags/                                302 200 200 200 200 200
GET    /tags/suggest/                        302 200 200 200 200 200
POST   /tags/new/                            302 403 302 302 302 302
GET    /tags/{tag}/                          302 200 200 404 200 200
POST   /tags/{tag}/save/                     302 403 302 404 302 302
POST   /tags/{tag}/merge/                    302 403 302 404 302 302
POST   /tags/{tag}/delete/                   302 403 302 404 302 302
GET    /trash/                               302 403 200 200 200 200
POST   /trash/change/                        302 302 302 302 302 302
POST   /trash/empty/                         302 302 302 302 302 302
POST   /trash/{trashed}/restore/             302 404 302 404 302 302
POST   /trash/{trashed}/purge/               302 404 302 404 302 302

GET    /import/                              302 403 200 200 200 200
POST   /import/preview/                      302 403 422 422 422 422
POST   /import/url/                          302 422 302 422 302 302
GET    /import/thumbnail/                    302 404 404 404 404 404
POST   /import/entries/{entry}/refresh/      302 403 302 404 302 302
GET    /import/{failed}/card/                302 404 200 404 200 200
GET    /import/{failed}/result/              302 404 200 404 200 200
GET    /import/files/                        302 403 200 200 200 200
POST   /import/files/                        302 403 422 422 422 422
POST   /import/upload/{upload}/cancel/       302 404 404 404 404 404
GET    /import/server/                       302 403 403 403 403 200
POST   /import/server/                       302 403 403 403 403 422
GET    /import/upload/                       302 200 200 200 200 200
POST   /import/upload/                       302 412 412 412 412 412
HEAD   /import/upload/{upload}               302 412 412 412 412 412
PATCH  /import/upload/{upload}               302 412 412 412 412 412
DELETE /import/upload/{upload}               302 412 412 412 412 412
POST   /import/{failed}/retry/               302 404 302 404 302 302
POST   /import/{failed}/dismiss/             302 404 302 404 302 302

GET    /inbox/                               302 200 200 200 200 200
GET    /inbox/{item}/                        302 404 200 404 200 200
POST   /inbox/{item}/approve/                302 404 302 404 302 302
POST   /inbox/{item}/reject/                 302 404 302 404 302 302
POST   /inbox/{item}/restore/                302 404 409 404 409 409
POST   /inbox/{item}/decide/                 302 404 409 404 409 409
GET    /inbox/{item}/media/original          302 404 200 404 200 200
POST   /inbox/approve/                       302 302 302 302 302 302
GET    /inbox/rules/                         302 200 200 200 200 200
POST   /inbox/rules/                         302 422 302 422 302 302
POST   /inbox/rules/{rule}/switch/           302 404 302 404 302 302
POST   /inbox/rules/{rule}/delete/           302 404 302 404 302 302
POST   /inbox/entries/{entry}/undo/          302 403 409 404 409 409

GET    /ledger/                              302 403 403 403 403 200

GET    /jobs/                                302 200 200 200 200 200
GET    /jobs/tray/                           302 200 200 200 200 200
GET    /jobs/{job}/                          302 404 200 404 200 200
GET    /jobs/{job}/row/                      302 404 200 404 200 200
GET    /jobs/{job}/detail/                   302 404 200 404 200 200
GET    /jobs/{job}/log.txt                   302 404 200 404 200 200
POST   /jobs/{job}/cancel/                   302 404 302 404 302 302
POST   /jobs/{failed}/retry/                 302 404 302 404 302 302
POST   /jobs/{failed}/delete/                302 404 302 404 302 302

GET    /notifications/                                302 200 200 200 200 200
GET    /notifications/bell/                           302 200 200 200 200 200
POST   /notifications/read/                           302 302 302 302 302 302
GET    /notifications/choices/                        302 200 200 200 200 200
POST   /notifications/choices/                        302 302 302 302 302 302
GET    /notifications/{notification}/                 302 302 302 302 302 302
GET    /notifications/{their_notification}/           302 404 404 404 404 404
POST   /notifications/{notification}/read/            302 302 302 302 302 302
POST   /notifications/{their_notification}/read/      302 404 404 404 404 404

GET    /login                                200 302 302 302 302 302
POST   /login                                422 302 302 302 302 302
POST   /logout                               302 302 302 302 302 302
GET    /setup                                302 302 302 302 302 302
POST   /setup                                302 302 302 302 302 302
GET    /register                             404 404 404 404 404 404
POST   /register                             404 404 404 404 404 404
POST   /language                             302 302 302 302 302 302
GET    /invite/{invite_link}                 200 200 200 200 200 200
POST   /invite/{invite_link}                 302 200 200 200 200 200
GET    /reset/{reset_link}                   200 200 200 200 200 200
POST   /reset/{reset_link}                   302 200 200 200 200 200
GET    /settings/users/                      302 403 403 403 403 200
POST   /settings/users/invites               302 403 403 403 403 200
POST   /settings/users/invites/{invite}/revoke  302 403 403 403 403 302
POST   /settings/users/{person}/role         302 403 403 403 403 302
POST   /settings/users/{person}/active       302 403 403 403 403 302
POST   /settings/users/{person}/reset        302 403 403 403 403 200
GET    /account/                             302 200 200 200 200 200
POST   /account/                             302 422 422 422 422 422
POST   /account/look                         302 302 302 302 302 302
POST   /account/theme                        302 302 302 302 302 302
POST   /account/sessions/end                 302 302 302 302 302 302
POST   /account/tokens                       302 200 200 200 200 200
POST   /account/tokens/{token}/revoke        302 302 302 302 302 302
POST   /account/tokens/{their_token}/revoke  302 404 404 404 404 404
GET    /settings/                            302 403 403 403 403 302
GET    /settings/general/                    302 403 403 403 403 200
POST   /settings/general/                    302 403 403 403 403 302
POST   /settings/general/reset/              302 403 403 403 403 302
POST   /settings/providers/test/             302 403 403 403 403 302
POST   /settings/first-steps/dismiss/        302 403 403 403 403 302
POST   /settings/backups/make/               302 403 403 403 403 302
GET    /settings/backups/files/none.tar.gz   302 403 403 403 403 404
GET    /settings/diagnostics/                302 403 403 403 403 200
GET    /settings/version/                    302 403 403 403 403 200
GET    /manifest.webmanifest                 200 200 200 200 200 200
GET    /sw.js                                200 200 200 200 200 200
GET    /offline/                             200 200 200 200 200 200
GET    /favicon.ico                          302 302 302 302 302 302
GET    /health                               503 503 503 503 503 503
GET    /api/                                 200 200 200 200 200 200
GET    /api/nothing                          404 404 404 404 404 404
GET    /api/v1/                              404 404 404 404 404 404
GET    /api/v1/openapi.json                  200 200 200 200 200 200
GET    /api/v1/entries/{entry}/stream        401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/stream        401 200 200 404 200 200
GET    /api/v1/entries/{entry}/download      401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/download      401 200 200 404 200 200
GET    /api/v1/entries/{entry}/files/{file}  401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/files/{file}  401 200 200 404 200 200
GET    /api/v1/entries/{entry}/thumbnail     401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/thumbnail     401 200 200 404 200 200
GET    /api/v1/import/validate               200 200 200 200 200 200
"""

API = """
GET    /api/v1/me                                        401 200 200 200 200 200
PATCH  /api/v1/me                                        401 200 200 200 200 200
GET    /api/v1/users                                     401 403 403 403 403 200
PATCH  /api/v1/users/{person}                            401 403 403 403 403 200
GET    /api/v1/invites                                   401 403 403 403 403 200
POST   /api/v1/invites                                   401 403 403 403 403 201
DELETE /api/v1/invites/{invite}                          401 403 403 403 403 204
GET    /api/v1/tokens                                    401 200 200 200 200 200
POST   /api/v1/tokens                                    401 201 201 201 201 201
DELETE /api/v1/tokens/{token}                            401 204 204 204 204 204
DELETE /api/v1/tokens/{their_token}                      401 404 404 404 404 404

POST   /api/v1/import/url                                401 403 202 404 202 202
POST   /api/v1/import/filesystem                         401 403 403 403 403 202
POST   /api/v1/import/probe                              401 422 422 422 422 422
GET    /api/v1/import/validate                           200 200 200 200 200 200
GET    /api/v1/import/upload                             401 200 200 200 200 200
POST   /api/v1/import/upload                             401 412 412 412 412 412
HEAD   /api/v1/import/upload/{upload}                    401 412 412 412 412 412
PATCH  /api/v1/import/upload/{upload}                    401 412 412 412 412 412
DELETE /api/v1/import/upload/{upload}                    401 412 412 412 412 412

GET    /api/v1/version                                   401 200 200 200 200 200
GET    /api/v1/settings                                  401 403 403 403 403 200
PATCH  /api/v1/settings                                  401 403 403 403 403 200

GET    /api/v1/inbox                                     401 200 200 200 200 200
GET    /api/v1/inbox/{item}                              401 404 200 404 200 200
PATCH  /api/v1/inbox/{item}                              401 404 200 404 200 200
POST   /api/v1/inbox/{item}/approve                      401 404 202 404 202 202
DELETE /api/v1/inbox/{item}                              401 404 204 404 204 204
POST   /api/v1/inbox/approve-all                         401 200 200 200 200 200
GET    /api/v1/rules                                     401 200 200 200 200 200
POST   /api/v1/rules                                     401 403 201 404 201 201
PATCH  /api/v1/rules/{rule}                              401 404 200 404 200 200
DELETE /api/v1/rules/{rule}                              401 404 204 404 204 204

GET    /api/v1/ledger                                    401 403 403 403 403 200

GET    /api/v1/jobs                                      401 200 200 200 200 200
GET    /api/v1/jobs/{job}                                401 404 200 404 200 200
GET    /api/v1/jobs/{job}/logs                           401 404 200 404 200 200
POST   /api/v1/jobs/{job}/cancel                         401 404 202 404 202 202
POST   /api/v1/jobs/{failed}/retry                       401 404 202 404 202 202
DELETE /api/v1/jobs/{failed}                             401 404 204 404 204 204

GET    /api/v1/notifications                             401 200 200 200 200 200
POST   /api/v1/notifications/read                        401 200 200 200 200 200
POST   /api/v1/notifications/{notification}/read         401 200 200 200 200 200
POST   /api/v1/notifications/{their_notification}/read   401 404 404 404 404 404

GET    /api/v1/libraries                                 401 200 200 200 200 200
POST   /api/v1/libraries                                 401 403 201 201 403 201
GET    /api/v1/libraries/browse                          401 403 200 200 403 200
GET    /api/v1/libraries/{library}                       401 200 200 404 200 200
PATCH  /api/v1/libraries/{library}                       401 403 200 404 200 200
DELETE /api/v1/libraries/{library}                       401 403 403 404 403 409
GET    /api/v1/libraries/{library}/organize              401 403 200 404 200 200
POST   /api/v1/libraries/{library}/organize              401 403 202 404 202 202
GET    /api/v1/libraries/{library}/members               401 403 403 404 403 200
PUT    /api/v1/libraries/{library}/members/{somebody}    401 403 403 404 403 200
DELETE /api/v1/libraries/{library}/members/{somebody}    401 403 403 404 403 204

GET    /api/v1/entries                                   401 200 200 200 200 200
GET    /api/v1/entries?library_id={library}              401 200 200 404 200 200
GET    /api/v1/entries/{entry}                           401 200 200 404 200 200
PATCH  /api/v1/entries/{entry}                           401 403 200 404 200 200
DELETE /api/v1/entries/{entry}                           401 403 204 404 204 204
POST   /api/v1/entries/{entry}/view                      401 200 200 404 200 200
GET    /api/v1/entries/{entry}/tags                      401 200 200 404 200 200
POST   /api/v1/entries/{entry}/tags                      401 403 200 404 200 200
DELETE /api/v1/entries/{entry}/tags/{tag}                401 403 204 404 204 204
GET    /api/v1/entries/{entry}/properties                401 200 200 404 200 200
PUT    /api/v1/entries/{entry}/properties/artist         401 403 200 404 200 200
DELETE /api/v1/entries/{entry}/properties/artist         401 403 204 404 204 204
GET    /api/v1/tags                                      401 200 200 200 200 200
POST   /api/v1/tags                                      401 403 201 201 201 201
GET    /api/v1/tags/{tag}                                401 200 200 404 200 200
PATCH  /api/v1/tags/{tag}                                401 403 200 404 200 200
POST   /api/v1/tags/{tag}/merge                          401 422 422 422 422 422
DELETE /api/v1/tags/{tag}                                401 403 204 404 204 204
GET    /api/v1/trash                                     401 200 200 200 200 200
POST   /api/v1/trash/{trashed}/restore                   401 404 204 404 204 204
DELETE /api/v1/trash/{trashed}                           401 404 204 404 204 204
GET    /api/v1/entries/{entry}/stream                    401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/stream                    401 200 200 404 200 200
GET    /api/v1/entries/{entry}/download                  401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/download                  401 200 200 404 200 200
GET    /api/v1/entries/{entry}/files/{file}              401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/files/{file}              401 200 200 404 200 200
GET    /api/v1/entries/{entry}/thumbnail                 401 200 200 404 200 200
HEAD   /api/v1/entries/{entry}/thumbnail                 401 200 200 404 200 200
"""

LINK = "https://videos.example.org/watch/1"
CHOSEN = {"password": "a long enough pass phrase", "password_again": "a long enough pass phrase"}
BODIES = {
    "POST /libraries/": {"name": "New", "slug": "fresh"},
    "POST /libraries/{library}/save/": {"name": "New"},
    "POST /libraries/{library}/relocate/": {"folder": "elsewhere"},
    "POST /libraries/{library}/members/": {"username": "{somebody}", "role": "editor"},
    "POST /libraries/{library}/members/remove/": {"username": "{somebody}"},
    "POST /libraries/{library}/owner/": {"username": "editor"},
    "POST /entries/{entry}/save/": {"title": "New", "description": ""},
    "POST /entries/{entry}/delete/": {"what": "row"},
    "POST /entries/{entry}/state/": {"favorite": "true"},
    "POST /entries/select/": {"kind": "tags", "entry": "{entry}"},
    "POST /entries/change/": {"kind": "favorite", "entry": "{entry}"},
    "POST /tags/new/": {"name": "Fresh"},
    "POST /tags/{tag}/save/": {"name": "Renamed"},
    "POST /tags/{tag}/merge/": {"into": "Free"},
    "POST /trash/change/": {"do": "restore", "entry": "{trashed}"},
    "POST /api/v1/entries/{entry}/tags": {"name": "Fresh"},
    "PUT /api/v1/entries/{entry}/properties/artist": {"value": "New"},
    "POST /api/v1/tags": {"name": "Fresh"},
    "PATCH /api/v1/tags/{tag}": {"name": "Renamed"},
    "POST /import/preview/": {"url": "http://127.0.0.1/clip.mp4"},
    "POST /inbox/{item}/approve/": {"title": "New", "library": "{library}"},
    "POST /inbox/{item}/decide/": {"what": "replace"},
    "POST /inbox/approve/": {"threshold": "50"},
    "POST /inbox/rules/": {"keyword": "word", "library": "{library}"},
    "POST /inbox/rules/{rule}/switch/": {"on": "0"},
    "PATCH /api/v1/inbox/{item}": {"title": "New"},
    "POST /api/v1/inbox/{item}/approve": {"library_id": "{library}"},
    "POST /api/v1/inbox/approve-all": {"threshold": 0.5},
    "POST /api/v1/rules": {"conditions": {"keyword": "word"}, "library_id": "{library}"},
    "PATCH /api/v1/rules/{rule}": {"is_on": False},
    "POST /import/url/": {"url": LINK, "library": "{library}", "format": "video_max"},
    "POST /login": {"username": "owner", "password": "wrong"},
    "POST /account/": {"current_password": "wrong", "new_password": "x"},
    "POST /language": {"language": "de"},
    "POST /invite/{invite_link}": {"username": "newcomer", **CHOSEN},
    "POST /reset/{reset_link}": CHOSEN,
    "POST /settings/users/invites": {"role": "viewer"},
    "POST /settings/users/{person}/role": {"role": "editor"},
    "POST /settings/users/{person}/active": {"active": "no"},
    "POST /account/look": {"language": "es", "density": "compact"},
    "POST /account/theme": {"theme": "dark"},
    "POST /account/tokens": {"name": "new"},
    "POST /notifications/choices/": {"email": "me@example.org", "mail_import_done": "on"},
    "PATCH /api/v1/me": {"language": "de"},
    "PATCH /api/v1/users/{person}": {"role": "editor"},
    "POST /api/v1/invites": {"role": "editor"},
    "POST /api/v1/tokens": {"name": "new"},
    "POST /settings/general/": {"general.site_name": "Home"},
    "POST /settings/general/reset/": {"key": "general.site_name"},
    "PATCH /api/v1/settings": {"general.site_name": "Home"},
    "POST /api/v1/import/url": {"url": LINK, "library_id": "{library}"},
    "POST /import/server/": {"root": "media", "path": "", "mode": "copy"},
    "POST /api/v1/import/filesystem": {"path": ""},
    "POST /api/v1/import/probe": {"url": "http://127.0.0.1/clip.mp4"},
    "POST /api/v1/libraries": {"id": "fresh", "name": "Fresh"},
    "PATCH /api/v1/libraries/{library}": {"description": "New"},
    "PUT /api/v1/libraries/{library}/members/{somebody}": {"role": "viewer"},
    "PATCH /api/v1/entries/{entry}": {"title": "New"},
}

# Sockets: ready (the connection stays) or the code it is closed with. Job sockets are for the
# owner and administrators alone; a page shows only what its user may see.
SOCKETS = """
/ws/pages?views=cards,rows,job:{job}  4401 ready ready ready ready ready
/ws/jobs/status                       4401 ready ready ready ready ready
/ws/jobs/{job}/logs                   4401 4404  4404  4404  4404  ready
/ws/nothing                           4404 4404  4404  4404  4404  4404
"""


def rows(table: str) -> list[tuple[str, list[str]]]:
    """The lines of a table: what is asked, and an answer per column."""
    found = []
    for line in table.strip().splitlines():
        if words := line.split():
            asked, answers = words[: -len(COLUMNS)], words[-len(COLUMNS) :]
            found.append((" ".join(asked), answers))
    return found
