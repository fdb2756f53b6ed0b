"""All settings, from the environment alone. `docs/operations.md` lists the variables."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.utils.csp import CSP

from config import mail

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = False
TESTING = env.bool("TESTING", default=False)
DEMO = env.bool("DEMO", default=False)
BASE_URL = env.str("BASE_URL").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SECURE = urlsplit(BASE_URL).scheme == "https"

INSTALLED_APPS = [
    "config",
    "people",
    "activity",
    "badges",
    "rules",
    "notifications",
    "boards",
    "integrations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
]

SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique by Lower("email")

MIDDLEWARE = [
    "people.middleware.exact_host",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "people.middleware.membership",
    "people.middleware.once_each",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "people.context_processors.shell",
                "badges.context_processors.nominations",
                "notifications.context_processors.notices",
            ],
            "builtins": ["django.templatetags.static", "people.templatetags.lapel"],
        },
    }
]

# --- the database: the runtime role owns nothing; only migrations run as the owner
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["CONN_MAX_AGE"] = 600  # a connection knows how to do what it has done before
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"]["options"] = (
    "-c lock_timeout=5s -c statement_timeout=240s -c idle_in_transaction_session_timeout=300s"
)
DATABASES["default"]["OPTIONS"]["connect_timeout"] = 3
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

# --- the bell: Celery over Redis. PostgreSQL is the truth, so a lost broker loses seconds
REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 270
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "evaluate what a lost bell missed": {"task": "rules.tasks.sweep_pending", "schedule": 10},
    "end what is due": {"task": "rules.tasks.sweep_due", "schedule": 15},
    "remind of what is about to end": {"task": "notifications.tasks.sweep_reminders", "schedule": 300},
    "tell what a lost bell missed": {"task": "notifications.tasks.sweep", "schedule": 10},
    "take up bulk edits that stopped": {"task": "badges.tasks.sweep_batches", "schedule": 30},
    "take up imports that stopped": {"task": "integrations.tasks.sweep_imports", "schedule": 30},
    "forget what was sent": {"task": "people.tasks.forget_sendings", "schedule": 3600},
    "mail invitations that were left": {"task": "people.tasks.sweep_invitations", "schedule": 60},
    "take up exports that stopped": {"task": "boards.tasks.sweep_exports", "schedule": 60},
    "forget what was only tried": {"task": "rules.tasks.forget_trials", "schedule": 3600},
    "reconcile everything": {"task": "rules.tasks.reconcile_all", "schedule": 24 * 3600},
    "begin a month of improvements": {"task": "activity.tasks.sweep_months", "schedule": 120},
    "prove what people are ordered by": {"task": "badges.tasks.prove_tallies", "schedule": 24 * 3600},
    "prove it of improvements": {"task": "activity.tasks.prove_tallies", "schedule": 24 * 3600},
}

# --- people and sessions: in PostgreSQL, so that login works while Redis is away
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.ScryptPasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "people.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- mail: SMTP or a provider by MAIL_URL, or one file a message in MAIL_DIR (the demo)
MAIL_DIR = env.str("MAIL_DIR", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Lapel <lapel@localhost>")
MAIL_PROVIDER, _mailer = mail.mailer(env.str("MAIL_URL", default="smtp://localhost:25"))
MAILERS = {"default": {"BACKEND": "notifications.mailbox.EmailBackend"} if MAIL_DIR else _mailer}
# What the provider reports of mails that came back; empty where it reports nothing.
ANYMAIL = mail.events(MAIL_PROVIDER, env.str("MAIL_EVENTS_SECRET", default=""))

# --- what the browser may do
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# --- words, zones, files
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]  # of mails
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
URLIZE_ASSUME_HTTPS = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "static-collected"
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
WHITENOISE_USE_FINDERS = TESTING

# --- the clock can be moved where nothing is at stake: a file with an offset in seconds (tests, the demo)
CLOCK_FILE = env.str("CLOCK_FILE", default="") if TESTING or DEMO else ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"celery": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
