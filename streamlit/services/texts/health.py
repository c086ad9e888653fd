"""The page that says whether today's numbers can be trusted."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "page_health": ("Health", "Santé"),
    "title_health": ("Can today's numbers be trusted?", "Peut-on se fier aux chiffres du jour ?"),
    "health_written": (
        "Written after the last build, {age} ({moment} UTC)",
        "Écrit après la dernière construction, {age} ({moment} UTC)",
    ),
    # The answer
    "verdict_yes": (
        "**Yes.** The last build passed its {tests} tests ({age}), {sources} of {sources} scheduled sources are on time, and "
        "{reporting} "
        "places report.",
        "**Oui.** La dernière construction a passé ses {tests} tests ({age}), {sources} sources programmées sur {sources} sont "
        "à l'heure, "
        "et {reporting} lieux transmettent.",
    ),
    "verdict_archives": (
        "**As archives, yes; as today's, no.** No source is fetched on a schedule, so nothing new is expected. The last build "
        "passed its "
        "{tests} tests ({age}).",
        "**Comme archives, oui ; comme chiffres du jour, non.** Aucune source n'est relevée à intervalles réguliers : rien de "
        "nouveau "
        "n'est attendu. La dernière construction a passé ses {tests} tests ({age}).",
    ),
    "verdict_care": ("**With care:** {problems}.", "**Avec prudence :** {problems}."),
    "verdict_no": (
        "**No:** {problems}.",
        "**Non :** {problems}.",
    ),
    "problem_build": (
        "the last build failed ({age}) and readers still see what was published {published}",
        "la dernière construction a échoué ({age}) et les lecteurs voient encore ce qui a été publié {published}",
    ),
    "problem_first_build": (
        "the last build failed ({age}) and nothing is published yet",
        "la dernière construction a échoué ({age}) et rien n'est encore publié",
    ),
    "problem_build_nodes": (
        " (what failed: {names})",
        " (en échec : {names})",
    ),
    "problem_overdue": (
        "source {source} is overdue since {since} UTC ({table} has no new rows)",
        "la source {source} est en retard depuis le {since} UTC ({table} n'a pas de nouvelles lignes)",
    ),
    "problem_run": ("`isobar {words}` {ended} ({age})", "`isobar {words}` {ended} ({age})"),
    "ended_failed": ("failed", "a échoué"),
    "ended_stopped": ("was stopped", "a été interrompu"),
    "ended_unfinished": ("was killed", "a été tué"),
    "problem_silent": (
        "silent places of {source}: {n} of {total} ({names})",
        "lieux muets de {source} : {n} sur {total} ({names})",
    ),
    "problem_warning": (
        "tests that warn: {names}",
        "tests qui avertissent : {names}",
    ),
    "problem_budget": (
        "{left} of {limit} calls of {api} left {period}",
        "{left} appels de {api} restants sur {limit} {period}",
    ),
    "this_day": ("today", "aujourd'hui"),
    "this_month": ("this month", "ce mois-ci"),
    "and_more": (
        "{names}, + {n}",
        "{names}, + {n}",
    ),
    "verdict_and_smaller": ("{sentence} Smaller things are below.", "{sentence} Le reste est plus bas."),
    "problem_line": ("**{problem}.** {action}", "**{problem}.** {action}"),
    "never_published": ("nothing published yet", "rien de publié encore"),
    "what_to_do": (
        "What is wrong, and what to do",
        "Ce qui ne va pas, et que faire",
    ),
    "action_build": (
        "Run `isobar build` again and read what it says; dbt's own log is `logs/dbt.log` in the data folder. What is published "
        "stays as "
        "it is meanwhile.",
        "Relancez `isobar build` et lisez ce qu'il dit ; le journal de dbt est `logs/dbt.log` dans le dossier de données. Ce "
        "qui est "
        "publié reste tel quel entre-temps.",
    ),
    "action_overdue": (
        "Run `isobar load {source}` and read what it says, then `isobar build`.",
        "Lancez `isobar load {source}` et lisez ce qu'il dit, puis `isobar build`.",
    ),
    "action_run": (
        "Run `isobar {words}` again: it goes on where it ended, and says in a line what stops it.",
        "Relancez `isobar {words}` : il reprend où il s'est arrêté, et dit en une ligne ce qui le bloque.",
    ),
    "action_silent": (
        "Nothing to repair here: see whether their owner announces it, and what relies on them.",
        "Rien à réparer ici : voyez si leur propriétaire l'annonce, et ce qui dépend d'eux.",
    ),
    "action_warning": (
        "See the table below. Rare weather and a broken feed look alike; compare with the days before.",
        "Voyez le tableau ci-dessous. Un temps rare et un flux défaillant se ressemblent ; comparez avec les jours d'avant.",
    ),
    "action_budget": (
        "Poll fewer cities or less often, or raise the budget if the key's plan allows more.",
        "Relevez moins de villes ou moins souvent, ou augmentez le budget si l'offre de la clé le permet.",
    ),
    "runbook": ("Each is explained in `docs/runbook.md`.", "Chacun est expliqué dans `docs/runbook.md`."),
    "build_error": ("What the build said", "Ce que la construction a dit"),
    # Figures
    "figure_build": ("Last build", "Dernière construction"),
    "figure_sources": ("Sources overdue", "Sources en retard"),
    "figure_places": ("Places silent", "Lieux muets"),
    "figure_tests": ("Tests failed", "Tests en échec"),
    "of_total": ("of {total}", "sur {total}"),
    # Sources
    "freshness_sources": ("Sources", "Sources"),
    "column_source": ("Source", "Source"),
    "column_state": ("State", "État"),
    "column_new_rows": ("New rows", "Nouvelles lignes"),
    "column_expected": ("Expected", "Attendu"),
    "column_newest": ("Newest observation", "Dernière observation"),
    "column_load": ("Last load", "Dernier chargement"),
    "column_places": ("Silent / places", "Muets / lieux"),
    "source_overdue": ("✗ overdue", "✗ en retard"),
    "source_on_time": ("✓ on time", "✓ à l'heure"),
    "source_archive": ("archive: nothing expected", "archive : rien d'attendu"),
    "source_never": ("never loaded", "jamais chargée"),
    "expected_every": ("every {n} h", "toutes les {n} h"),
    "expected_until": ("{every}; overdue from {until}", "{every} ; en retard à partir du {until}"),
    # Places
    "freshness_places": ("Stations and cities", "Stations et villes"),
    "all_sources": ("All sources", "Toutes les sources"),
    "tiles_alt": (
        "One square for each of {n} places, those to look at first. The table below says the same.",
        "Un carré pour chacun des {n} lieux, ceux à regarder d'abord. Le tableau ci-dessous dit la même chose.",
    ),
    "tiles_note": (
        "One square for each place, those to look at first. Each is held against the rhythm of its own reports: it is silent "
        "when nothing "
        "came for four usual gaps while others of its source reported.",
        "Un carré par lieu, ceux à regarder d'abord. Chacun est comparé au rythme de ses propres messages : il est muet quand "
        "rien n'est "
        "venu pendant quatre intervalles habituels alors que d'autres de sa source ont transmis.",
    ),
    "state_count": ("{state}: **{n}**", "{state} : **{n}**"),
    "state_silent": ("silent", "muet"),
    "state_late": ("late with its source", "en retard avec sa source"),
    "state_unknown": ("too new to know its rhythm", "trop récent pour connaître son rythme"),
    "state_reporting": (
        "reporting",
        "à jour",
    ),
    "state_archive": ("archive", "archive"),
    "place_name": ("Place", "Lieu"),
    "place_id": ("Identifier", "Identifiant"),
    "newest_report": ("Newest report", "Dernier message"),
    "usual_gap": ("Usual gap", "Intervalle habituel"),
    "silent_from": ("Silent from (UTC)", "Muet à partir de (UTC)"),
    "table_places": ("Table of the {n} places", "Tableau des {n} lieux"),
    # Runs, tests, budgets
    "last_runs": ("Last runs", "Dernières exécutions"),
    "run_started": ("Began (UTC)", "Début (UTC)"),
    "run_command": ("Command", "Commande"),
    "run_outcome": ("Outcome", "Issue"),
    "run_error": ("Error", "Erreur"),
    "run_seconds": ("Seconds", "Secondes"),
    "run_rows": ("Rows added", "Lignes ajoutées"),
    "run_rejected": ("Cells rejected", "Cellules rejetées"),
    "outcome_done": ("✓ done", "✓ terminé"),
    "outcome_failed": ("✗ failed", "✗ échec"),
    "outcome_stopped": ("stopped", "interrompu"),
    "outcome_unfinished": ("killed, or under way", "tué, ou en cours"),
    "tests_title": ("Tests and monitors of the last build", "Tests et surveillances de la dernière construction"),
    "tests_passed": ("All {n} tests passed.", "Les {n} tests sont passés."),
    "tests_counts": (
        "Of {n} tests: {counts}.",
        "Sur {n} tests, {counts}.",
    ),
    "tests_monitors": (
        "Monitors among them, which only warn: {n}.",
        "Dont surveillances, qui ne font qu'avertir : {n}.",
    ),
    "status_pass": (
        "passed: {n}",
        "passés : {n}",
    ),
    "status_fail": (
        "failed: {n}",
        "en échec : {n}",
    ),
    "status_error": (
        "could not run: {n}",
        "n'ont pu tourner : {n}",
    ),
    "status_warn": (
        "warned: {n}",
        "avertissements : {n}",
    ),
    "status_skipped": (
        "skipped: {n}",
        "sautés : {n}",
    ),
    "status_other": (
        "ended otherwise: {n}",
        "autres : {n}",
    ),
    "finding": ("Found by", "Trouvé par"),
    "finding_model": ("Table", "Table"),
    "finding_status": ("Outcome", "Issue"),
    "finding_rows": ("Rows", "Lignes"),
    "finding_message": ("What it says", "Ce qu'il dit"),
    "finding_failed": ("✗ failed", "✗ échec"),
    "finding_warned": ("⚠ warns", "⚠ avertit"),
    "budgets_title": ("Calls left", "Appels restants"),
    "budget_key": ("API and key", "API et clé"),
    "budget_period": ("Period", "Période"),
    "budget_used": ("Used", "Utilisé"),
    "budget_left": ("Left", "Reste"),
    "budget_limit": ("Limit", "Limite"),
    "period_minute": ("minute", "minute"),
    "period_day": ("day (UTC)", "jour (UTC)"),
    "period_month": ("month (UTC)", "mois (UTC)"),
    "budgets_counted": (
        "Counted when the last build ended ({moment} UTC); a new minute, day or month begins with none used.",
        "Compté à la fin de la dernière construction ({moment} UTC) ; une nouvelle minute, journée ou mois repart de zéro.",
    ),
    "budgets_none": (
        "No key with a budget is configured: nothing counts calls.",
        "Aucune clé avec un budget n'est configurée : aucun appel n'est compté.",
    ),
    "report_title": ("Elementary's report", "Rapport d'Elementary"),
    "report_download": ("Download the report of {day}", "Télécharger le rapport du {day}"),
    "report_where": (
        "A page to open in a browser, also at `{path}`; what its monitors mean is in `docs/observability.md`.",
        "Une page à ouvrir dans un navigateur, aussi dans `{path}` ; le sens de ses surveillances est dans "
        "`docs/observability.md`.",
    ),
    "report_none": (
        "No report was made yet. `make report` writes it (`make report DEMO=1` for the demonstration).",
        "Aucun rapport n'a encore été fait. `make report` l'écrit (`make report DEMO=1` pour la démonstration).",
    ),
    # States
    "state_no_health": (
        "Nothing was ever built here, so there is nothing to judge. Run `make run` for the demonstration, or load a source with "
        "`isobar load synop` and run `isobar build`; this page then fills itself, even if the build fails.",
        "Rien n'a jamais été construit ici : il n'y a rien à juger. Lancez `make run` pour la démonstration, ou chargez une "
        "source avec "
        "`isobar load synop` et lancez `isobar build` ; cette page se remplira alors, même si la construction échoue.",
    ),
    "state_no_detail": (
        "The first build failed before there was anything to tell of sources, places, runs and tests.",
        "La première construction a échoué avant qu'il y ait à dire des sources, des lieux, des exécutions et des tests.",
    ),
    "state_no_places": (
        "No place reports often enough to be watched yet.",
        "Aucun lieu ne transmet encore assez souvent pour être suivi.",
    ),
}
