"""What files call our columns, in English, German, French and Spanish; compared as `kinds.plain` has it.

Within a kind no heading stands for two columns.
"""

PEOPLE: dict[str, tuple[str, ...]] = {
    "external_id": (
        "id", "no", "nr", "num", "number", "staff id", "staff number", "staff no", "staff nr", "employee id",
        "employee number", "employee no", "emp id", "emp no", "worker id", "personnel number", "personnel no",
        "payroll number", "person id", "badge number", "associate id",
        "nummer", "personalnummer", "personalnr", "personal nr", "pers nr", "mitarbeiternummer", "mitarbeiter nr",
        "mitarbeiter id", "mitarbeiter-id",
        "n°", "numéro", "matricule", "numéro d'employé", "n° employé", "id employé", "numéro du personnel",
        "n.º", "número", "núm", "número de empleado", "n.º de empleado", "id de empleado", "legajo", "matrícula",
    ),
    "name": (
        "full name", "fullname", "display name", "employee", "employee name", "person", "who", "first and last name",
        "last name", "lastname", "surname", "family name",
        "vollständiger name", "vor- und nachname", "mitarbeiter", "mitarbeiterin", "wer", "nachname", "familienname",
        "nom", "nom complet", "nom et prénom", "nom de famille", "employé", "qui",
        "nombre completo", "nombre y apellidos", "apellidos y nombre", "apellido", "apellidos", "empleado", "quién",
    ),
    "first_name": (
        "first name", "firstname", "given name", "forename", "vorname", "prénom", "nombre de pila",
    ),
    "email": (
        "e-mail", "mail", "email address", "e-mail address", "mail address", "work email", "work e-mail",
        "business email", "e-mail work",
        "e-mail-adresse", "mailadresse", "dienstliche e-mail",
        "courriel", "adresse e-mail", "adresse mail", "adresse électronique", "mél",
        "correo", "correo electrónico", "dirección de correo", "dirección de correo electrónico",
    ),
    "title": (
        "job title", "title", "position", "function", "job", "role",
        "funktion", "stelle", "berufsbezeichnung", "stellenbezeichnung", "tätigkeit", "beruf",
        "fonction", "poste", "intitulé du poste", "emploi", "métier",
        "cargo", "puesto", "función", "puesto de trabajo",
    ),
    "location": (
        "site", "department", "dept", "ward", "unit", "office", "location code", "team", "where", "place", "plant",
        "work location", "facility", "area", "cost center", "cost centre",
        "standort", "abteilung", "bereich", "station", "ort", "werk", "wo", "kostenstelle", "einheit",
        "lieu", "département", "service", "établissement", "où", "usine", "équipe", "unité",
        "ubicación", "sede", "departamento", "centro", "dónde", "planta", "área", "equipo", "unidad",
    ),
    "part_of": (
        "parent location", "location parent", "parent", "parent code", "belongs to", "below", "division",
        "gehört zu", "teil von", "übergeordnet", "fait partie de", "appartient à", "parte de", "pertenece a",
    ),
    "joined_on": (
        "joined", "start date", "hire date", "hired", "hired on", "entry date", "date hired", "date joined",
        "date of hire", "employed since",
        "eintritt", "eintrittsdatum", "eintritt am", "beschäftigt seit", "einstellungsdatum",
        "date d'entrée", "date d'embauche", "embauché le", "entrée",
        "fecha de ingreso", "fecha de alta", "fecha de contratación", "ingreso",
    ),
    "manager": (
        "supervisor", "boss", "reports to", "manager id", "line manager", "manager number", "manager no",
        "supervisor id",
        "vorgesetzter", "vorgesetzte", "führungskraft", "leiter", "chef",
        "responsable", "supérieur", "manager direct", "n+1",
        "jefe", "jefa", "superior", "supervisora", "reporta a",
    ),
}  # fmt: skip
LEAVING: dict[str, tuple[str, ...]] = {
    "external_id": PEOPLE["external_id"],
    "left_on": (
        "left", "leaves", "leaving", "leaves on", "leaving date", "leave date", "end date", "termination date",
        "last day", "last working day", "date left", "exit date", "contract end",
        "austritt", "austrittsdatum", "austritt am", "letzter tag", "letzter arbeitstag",
        "date de sortie", "date de départ", "dernier jour", "sortie",
        "fecha de baja", "fecha de salida", "último día", "baja",
    ),
    "reason": ("why", "comment", "note", "grund", "bemerkung", "raison", "motif", "razón", "motivo"),
}  # fmt: skip
ACTIVITIES: dict[str, tuple[str, ...]] = {
    "external_id": (
        "id", "activity id", "no", "nr", "number", "key", "reference", "ref",
        "nummer", "aktivitätsnummer", "schlüssel", "n°", "numéro", "référence", "n.º", "número", "referencia",
    ),
    "person_external_id": (
        "person", "person id", "staff id", "staff number", "staff no", "employee", "employee id", "employee number",
        "employee no", "author", "who",
        "personalnummer", "personalnr", "mitarbeiter", "mitarbeiternummer", "wer",
        "matricule", "employé", "qui", "empleado", "número de empleado", "legajo", "quién",
    ),
    "kind": (
        "type", "activity", "activity type", "event", "what", "art", "typ", "aktivität", "was",
        "activité", "quoi", "tipo", "actividad", "qué",
    ),
    "occurred_at": (
        "date", "when", "time", "timestamp", "occurred", "happened at", "date and time",
        "datum", "wann", "zeitpunkt", "zeit", "quand", "date et heure", "heure", "fecha", "cuándo", "fecha y hora",
    ),
    "role": ("rolle", "rôle", "rol"),
    "value": ("amount", "saving", "savings", "points", "wert", "betrag", "einsparung", "punkte",
              "valeur", "montant", "économie", "valor", "importe", "ahorro"),
    "subject": ("title", "description", "topic", "titel", "betreff", "beschreibung", "thema",
                "titre", "sujet", "objet", "título", "asunto", "descripción", "tema"),
    "location": PEOPLE["location"],
    "source": ("system", "origin", "quelle", "herkunft", "origine", "système", "origen", "fuente", "sistema"),
    "attributes": ("data", "extra", "attribute", "attributs", "atributos"),
}  # fmt: skip
GRANTS: dict[str, tuple[str, ...]] = {
    "person": (
        "external id", "staff id", "staff number", "staff no", "employee", "employee id", "employee number", "id", "no",
        "nr", "email", "e-mail", "mail", "e-mail address", "email address", "person id", "who",
        "personalnummer", "personalnr", "mitarbeiter", "mitarbeiternummer", "e-mail-adresse", "wer",
        "personne", "matricule", "employé", "courriel", "adresse e-mail", "qui",
        "persona", "empleado", "número de empleado", "legajo", "correo", "correo electrónico", "quién",
    ),
    "badge": (
        "badge slug", "slug", "badge name", "award", "what", "certificate name", "certification",
        "abzeichen", "auszeichnung", "was", "insigne", "quoi", "insignia", "distintivo", "qué",
    ),
    "given_on": (
        "date", "given", "awarded on", "awarded", "granted on", "granted", "day", "when", "completed on", "issued on",
        "datum", "verliehen am", "vergeben am", "tag", "wann", "donné le", "attribué le", "quand",
        "fecha", "otorgado el", "concedido el", "cuándo",
    ),
    "ends_on": (
        "end", "ends", "until", "valid until", "held until", "expires on", "expires", "expiry", "expiry date",
        "expiration date", "end date",
        "gültig bis", "bis", "ablaufdatum", "läuft ab am", "ende", "valable jusqu'au", "jusqu'au", "expire le", "fin",
        "válido hasta", "hasta", "vence el", "fecha de vencimiento", "caduca el",
    ),
    "reason": (
        "why", "comment", "note", "because", "grund", "begründung", "warum", "bemerkung",
        "raison", "motif", "pourquoi", "commentaire", "razón", "motivo", "por qué", "comentario",
    ),
    "evidence": (
        "link", "url", "certificate", "proof", "nachweis", "beleg", "zertifikat",
        "preuve", "lien", "certificat", "prueba", "enlace", "certificado", "evidencia",
    ),
}  # fmt: skip
