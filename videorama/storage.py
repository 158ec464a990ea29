"""Static files under names that carry their content, so browsers may keep them for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Hashed names, also inside stylesheets and in imports of ES modules.

    A file that the manifest does not know (nothing collected yet, or added since) keeps its plain
    name, under which WhiteNoise finds it too: a fresh checkout and the tests need no collecting.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name if it was collected, else the name itself."""
        known: str | None = self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return known or name
