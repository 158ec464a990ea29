"""What each write leaves in the ledger: the table behind test_facts.

One row per write route of role_table, asked as an administrator at things of a private library:
the one fact it leaves, or a dash and the reason why it leaves none. `BODIES` holds what is sent
where it differs from role_table, `ASKERS` who asks where that is nobody; `PREPARED` in test_facts
holds what has to be so before.
"""

PAGES = """
POST   /libraries/                           library.created
POST   /libraries/{library}/save/            library.edited
POST   /libraries/{library}/organize/start/  library.reorganized
POST   /libraries/{library}/relocate/        library.relocated
POST   /libraries/{library}/members/         library.member_set
POST   /libraries/{library}/members/remove/  library.member_removed
POST   /libraries/{library}/owner/           library.owner_set
POST   /libraries/{library}/delete/          library.deleted
POST   /entries/{entry}/save/                entry.edited
POST   /entries/{entry}/delete/              entry.trashed
POST   /entries/{entry}/state/               entry.marked
POST   /entries/{entry}/move/                - names no library; library/tests/test_moving moves
POST   /entries/{entry}/picture/save/        - names no picture; see library/tests/test_editing
POST   /entries/{entry}/subtitles/add/       - brings no file; library/tests/test_editing does
POST   /entries/{entry}/subtitles/{subtitle}/remove/  entry.edited
POST   /entries/select/                      - asks what a change needs to know
POST   /entries/change/                      entries.changed
POST   /entries/change/{change}/undo/        - it is somebody else's; library/tests/test_bulk undoes
POST   /tags/new/                            tag.created
POST   /tags/{tag}/save/                     tag.edited
POST   /tags/{tag}/merge/                    tag.merged
POST   /tags/{tag}/delete/                   tag.deleted
POST   /trash/change/                        entry.restored
POST   /trash/empty/                         entry.deleted
POST   /trash/{trashed}/restore/             entry.restored
POST   /trash/{trashed}/purge/               entry.deleted

POST   /import/preview/                      - looks at an address and writes nothing
POST   /import/url/                          import.requested
POST   /import/server/                       import.requested
POST   /import/files/                        - the form is empty; a file in it is an upload
POST   /import/upload/{upload}/cancel/       upload.cancelled
POST   /import/upload/                       - spoken by imports/tests/test_upload_facts
PATCH  /import/upload/{upload}               - spoken by imports/tests/test_upload_facts
DELETE /import/upload/{upload}               - spoken by imports/tests/test_upload_facts
POST   /import/entries/{entry}/refresh/      - a file; imports/tests/test_refresh asks a source
POST   /import/{failed}/retry/               job.retried
POST   /import/{failed}/dismiss/             job.deleted

POST   /inbox/{item}/approve/                inbox.approved
POST   /inbox/{item}/reject/                 inbox.rejected
POST   /inbox/{item}/restore/                - refused here; imports/tests/test_inbox tells
POST   /inbox/{item}/decide/                 - refused here; imports/tests/test_inbox tells
POST   /inbox/approve/                       inbox.approved
POST   /inbox/rules/                         rule.created
POST   /inbox/rules/{rule}/switch/           rule.switched
POST   /inbox/rules/{rule}/delete/           rule.deleted
POST   /inbox/entries/{entry}/undo/          - refused here; imports/tests/test_inbox tells

POST   /jobs/{job}/cancel/                   job.cancelled
POST   /jobs/{failed}/retry/                 job.retried
POST   /jobs/{failed}/delete/                job.deleted

POST   /notifications/read/                  - what somebody has read is their own
POST   /notifications/choices/               user.notifications_chosen
POST   /notifications/{notification}/read/   - what somebody has read is their own

POST   /login                                user.signed_in
POST   /logout                               user.signed_out
POST   /setup                                server.set_up
POST   /account/                             user.password_changed
POST   /register                             user.registered
POST   /language                             - a cookie in one browser, nothing is stored
POST   /invite/{invite_link}                 invite.accepted
POST   /reset/{reset_link}                   user.password_changed
POST   /settings/users/invites               user.invited
POST   /settings/users/invites/{invite}/revoke  invite.revoked
POST   /settings/users/{person}/role         user.role_set
POST   /settings/users/{person}/active       user.deactivated
POST   /settings/users/{person}/reset        user.reset
POST   /settings/general/                    setting.changed
POST   /settings/general/reset/              - nothing is set that could be reset
POST   /settings/providers/test/             - asks a service and writes nothing
POST   /settings/first-steps/dismiss/        setting.changed
POST   /settings/backups/make/               backup.requested
POST   /account/look                         user.edited
POST   /account/sessions/end                 user.signed_out_elsewhere
POST   /account/theme                        - a cookie in one browser, nothing is stored
POST   /account/tokens                       token.created
POST   /account/tokens/{token}/revoke        token.revoked
"""

API = """
PATCH  /api/v1/me                                        user.edited
PATCH  /api/v1/settings                                  setting.changed
PATCH  /api/v1/users/{person}                            user.role_set
POST   /api/v1/invites                                   user.invited
DELETE /api/v1/invites/{invite}                          invite.revoked
POST   /api/v1/tokens                                    token.created
DELETE /api/v1/tokens/{token}                            token.revoked

POST   /api/v1/import/url                                import.requested
POST   /api/v1/import/filesystem                         import.requested
POST   /api/v1/import/probe                              - looks at an address and writes nothing
POST   /api/v1/import/upload                             - spoken by imports/tests/test_upload_facts
PATCH  /api/v1/import/upload/{upload}                    - spoken by imports/tests/test_upload_facts
DELETE /api/v1/import/upload/{upload}                    - spoken by imports/tests/test_upload_facts

PATCH  /api/v1/inbox/{item}                              inbox.edited
POST   /api/v1/inbox/{item}/approve                      inbox.approved
DELETE /api/v1/inbox/{item}                              inbox.rejected
POST   /api/v1/inbox/approve-all                         inbox.approved
POST   /api/v1/rules                                     rule.created
PATCH  /api/v1/rules/{rule}                              rule.switched
DELETE /api/v1/rules/{rule}                              rule.deleted

POST   /api/v1/jobs/{job}/cancel                         job.cancelled
POST   /api/v1/jobs/{failed}/retry                       job.retried
DELETE /api/v1/jobs/{failed}                             job.deleted

POST   /api/v1/libraries                                 library.created
PATCH  /api/v1/libraries/{library}                       library.edited
DELETE /api/v1/libraries/{library}                       library.deleted
POST   /api/v1/libraries/{library}/organize              library.reorganized
PUT    /api/v1/libraries/{library}/members/{somebody}    library.member_set
DELETE /api/v1/libraries/{library}/members/{somebody}    library.member_removed

POST   /api/v1/notifications/read                        - what somebody has read is their own
POST   /api/v1/notifications/{notification}/read         - what somebody has read is their own

PATCH  /api/v1/entries/{entry}                           entry.edited
DELETE /api/v1/entries/{entry}                           entry.trashed
POST   /api/v1/entries/{entry}/tags                      entry.tagged
DELETE /api/v1/entries/{entry}/tags/{tag}                entry.tagged
PUT    /api/v1/entries/{entry}/properties/artist         entry.edited
DELETE /api/v1/entries/{entry}/properties/artist         entry.edited
POST   /api/v1/tags                                      tag.created
PATCH  /api/v1/tags/{tag}                                tag.edited
POST   /api/v1/tags/{tag}/merge                          - names no other; library/tests/test_tags
DELETE /api/v1/tags/{tag}                                tag.deleted
POST   /api/v1/trash/{trashed}/restore                   entry.restored
DELETE /api/v1/trash/{trashed}                           entry.deleted
POST   /api/v1/entries/{entry}/view                      - a viewing is a row of usage
"""

PASSWORD = "correct-horse-9"
ASKERS = {
    "POST /register": "nobody",
    "POST /invite/{invite_link}": "nobody",
    "POST /reset/{reset_link}": "nobody",
    "POST /login": "nobody",
    "POST /setup": "nobody",
}
BODIES = {
    "POST /register": {"username": "newcomer", "password": PASSWORD, "password_again": PASSWORD},
    "POST /login": {"username": "admin", "password": PASSWORD},
    "POST /setup": {
        "username": "first",
        "password": PASSWORD,
        "password_again": PASSWORD,
        "library_name": "Videos",
    },
    "POST /account/": {
        "current_password": PASSWORD,
        "new_password": "battery-staple-7",
        "new_password_again": "battery-staple-7",
    },
    "POST /import/server/": {
        "root": "media",
        "path": "",
        "mode": "copy",
        "library": "{library}",
        "extensions": "mp4",
    },
    "PUT /api/v1/libraries/{library}/members/{somebody}": {"role": "editor"},
}


def rows(table: str) -> dict[str, str]:
    """What is asked, and its fact or the reason for none."""
    found = {}
    for line in table.strip().splitlines():
        if words := line.split(maxsplit=2):
            found[f"{words[0]} {words[1]}"] = words[2].strip()
    return found
