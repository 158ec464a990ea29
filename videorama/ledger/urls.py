"""Routes of the ledger."""

from django.urls import path

from videorama.ledger import views

app_name = "ledger"
urlpatterns = [path("", views.fact_list, name="fact_list")]
