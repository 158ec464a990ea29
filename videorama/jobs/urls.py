"""Routes of the job pages."""

from django.urls import path

from videorama.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.job_list, name="job_list"),
    path("tray/", views.tray, name="tray"),
    path("<uuid:job_id>/", views.job_detail, name="job_detail"),
    path("<uuid:job_id>/row/", views.row, name="row"),
    path("<uuid:job_id>/detail/", views.detail, name="detail"),
    path("<uuid:job_id>/log.txt", views.log_text, name="log_text"),
    path("<uuid:job_id>/cancel/", views.job_cancel, name="job_cancel"),
    path("<uuid:job_id>/retry/", views.job_retry, name="job_retry"),
    path("<uuid:job_id>/delete/", views.job_delete, name="job_delete"),
]
