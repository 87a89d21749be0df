"""One file, by section; the environment is read only here. Embedded defaults need no service."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

import dj_database_url
from django.templatetags.static import static
from django.urls import reverse_lazy

from sora_social.secrets import folder, secret

BASE = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, default: str = "0") -> bool:
    return env(name, default).lower() in {"1", "true", "yes", "on"}


# --- where things lie -----------------------------------------------------------------------------
DATA = Path(env("DATA", str(BASE / "var" / "data"))).resolve()
DATABASE_URL = env("DATABASE_URL")
REDIS_URL = env("REDIS_URL")
MEDIA_STORAGE_URL = env("MEDIA_STORAGE_URL")
BROKER_URL = env("CELERY_BROKER_URL", "memory://localhost/")
NAMESPACE = env("NAMESPACE", "sora")  # of cache keys, channels and queues on shared services
EMBEDDED_WORKER = BROKER_URL.startswith("memory://")
EMBEDDED = EMBEDDED_WORKER and not DATABASE_URL
DATA.mkdir(parents=True, exist_ok=True)

# --- secrets: from the environment; embedded, made once and readable by the owner only ---
SECRET_KEY = secret("SECRET_KEY", DATA, EMBEDDED)
SECRET_KEY_FALLBACKS = [key for key in env("SECRET_KEY_FALLBACKS").split(",") if key]
CAMEO_KEK = secret("CAMEO_KEK", DATA, EMBEDDED)
CONSENT_KEY = secret("CONSENT_KEY", DATA, EMBEDDED)  # signs receipts of leaves
MARK_KEY = secret("MARK_KEY", DATA, EMBEDDED)  # tells where the invisible mark is written
MARK_KEY_FALLBACKS = [key for key in env("MARK_KEY_FALLBACKS").split(",") if key]  # only read
PROVENANCE = folder("PROVENANCE", DATA, EMBEDDED)  # chain.pem, key.pem, roots.pem: who signs
PROVENANCE_OWN = "PROVENANCE" not in os.environ  # made by the embedded server
PROVENANCE_STAMPS = env("PROVENANCE_STAMPS")  # address of an RFC 3161 authority that tells the time

# --- the site -------------------------------------------------------------------------------------
DEBUG = flag("DEBUG")
ALLOWED_HOSTS = env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in env("CSRF_TRUSTED_ORIGINS").split(",") if origin]
SOCKET_ORIGINS = [origin for origin in env("SOCKET_ORIGINS").split(",") if origin]
TRUSTED_PROXIES = int(env("TRUSTED_PROXIES", "0"))  # whose X-Forwarded-For names the caller
ROOT_URLCONF = "sora_social.urls"
ASGI_APPLICATION = "sora_social.asgi.application"
WSGI_APPLICATION = "sora_social.wsgi.application"
SITE_NAME = "Sora Social"
LANGUAGE_CODE, TIME_ZONE, USE_TZ, USE_I18N = "en", "UTC", True, True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "sora_social.moderation.console_app.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "sora_social",
    "sora_social.users",
    "sora_social.oauth",
    "sora_social.notifications",
    "sora_social.moderation",
    "sora_social.webhooks",
    "cameos",
    "generation",
    "ranking",
    "feed",
]
MIDDLEWARE = [
    "sora_social.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sora_social.parsing.SignInBodiesMiddleware",
    "sora_social.idempotent.IdempotencyMiddleware",
    "sora_social.floods.RateHeadersMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "sora_social" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- database: SQLite in WAL mode, or what DATABASE_URL names -------------------------------------
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "sora_social.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA mmap_size=134217728; PRAGMA cache_size=-20000;",
    },
    # A file, so that worker threads of a test see what the test wrote.
    "TEST": {"NAME": str(DATA / f"test-{os.getpid()}.sqlite3")},
}
if DATABASE_URL:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_health_checks=True)}
    if flag("DATABASE_POOL"):  # ASGI: every request is a new thread, so connections are pooled
        DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": 16, "timeout": 10}}
    else:
        DATABASES["default"]["CONN_MAX_AGE"] = int(env("CONN_MAX_AGE", "60"))
else:
    DATABASES = {"default": SQLITE}

# --- cache, channels, broker ----------------------------------------------------------------------
CACHES = {
    "default": {
        "BACKEND": "sora_social.caching.KeptRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": NAMESPACE,
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": NAMESPACE},
    }
    if REDIS_URL
    else {"BACKEND": "sora_social.channel_layer.LoopHoppingLayer"}
}
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = False  # the job row is the truth, the message a hint
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = NAMESPACE
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.02}
    if EMBEDDED_WORKER
    else {
        "visibility_timeout": 3600,
        "socket_timeout": 3,
        "socket_connect_timeout": 2,
        "health_check_interval": 10,
    }
    if BROKER_URL.startswith("redis")
    else {"confirm_publish": True}
)
if not EMBEDDED_WORKER:  # a dead broker must not hold up a request: hints are sent again
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"max_retries": 1, "interval_start": 0}

# --- files ----------------------------------------------------------------------------------------
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA / "media"), "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if MEDIA_STORAGE_URL:  # s3://bucket/prefix; keys and endpoint come from AWS_* as boto3 reads them
    bucket, _, prefix = MEDIA_STORAGE_URL.removeprefix("s3://").partition("/")
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": prefix,
            "endpoint_url": env("AWS_S3_ENDPOINT_URL") or None,
            "file_overwrite": True,
            "default_acl": None,
        },
    }
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 24 << 20  # text, a data URL of `/v1` in it; files: uploads.py
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = str(DATA / "uploads")
Path(FILE_UPLOAD_TEMP_DIR).mkdir(exist_ok=True)
MEDIA_URL_SECONDS = 300
X_ACCEL = env("X_ACCEL")  # where the server in front finds MEDIA by an internal address: "/media/"

# --- people and sign-in ---------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIGNUP_OPEN = flag("SIGNUP_OPEN")  # open sign-up: no invite code asked
INVITES_PER_PERSON = int(env("INVITES_PER_PERSON", "5"))
DEVICE_TOKEN_LIFE = timedelta(days=30)
APPS_PER_PERSON = int(env("APPS_PER_PERSON", "20"))
KEYS_PER_PERSON = int(env("KEYS_PER_PERSON", "20"))  # live API keys
SESSION_ENGINE = "sora_social.users.sessions"
ACCOUNT_ADAPTER = "sora_social.users.sign_in.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "sora_social.users.sign_up.SignUpForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "handle"
ACCOUNT_USERNAME_BLACKLIST = ["admin", "administrator", "moderator", "root", "sora", "support"]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = env("ACCOUNT_EMAIL_VERIFICATION", "optional")
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST", "localhost"), int(env("EMAIL_PORT", "25"))
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_HOST_USER"), env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "webmaster@localhost")
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_SERVE_SPECIFICATION = True  # at /_allauth/openapi.json
HEADLESS_SPECIFICATION_TEMPLATE_NAME = None  # its page would load scripts from elsewhere
HEADLESS_ADAPTER = "sora_social.users.sign_in.HeadlessAdapter"
HEADLESS_TOKEN_STRATEGY = "sora_social.users.sign_in.DeviceTokenStrategy"
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": "/verify-email/{key}",
    "account_reset_password_from_key": "/reset-password/{key}",
    "account_signup": "/signup",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_ADAPTER = "sora_social.users.sign_in.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
# Who knows something of a person: each tells it for the export, and forgets it on deletion.
PERSONAL_DATA = (
    "sora_social.users.export.personal_data",
    "sora_social.notifications.services.personal_data",
    "sora_social.moderation.services.personal_data",
    "cameos.services.personal_data",
    "generation.services.personal_data",
    "feed.own.personal_data",
    "sora_social.webhooks.services.personal_data",
)
ON_DELETION = (
    "feed.own.forget",
    "generation.services.forget",
    "cameos.services.forget",
    "ranking.services.forget",
    "sora_social.moderation.services.forget",
    "sora_social.notifications.services.forget",
    "sora_social.webhooks.services.forget",
)
# Who takes up what the outbox holds, in the outbox's transaction: each gets an OutboxEvent.
TOLD_TO = (
    "sora_social.notifications.services.deliver",
    "sora_social.webhooks.services.announce",
    "feed.posting.post_when_done",
)

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["sora_social.users.tokens.DeviceTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "sora_social.parsing.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "sora_social.schema.Schema",
    "EXCEPTION_HANDLER": "sora_social.errors.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_THROTTLE_CLASSES": ["sora_social.floods.PerPerson"],
    "DEFAULT_THROTTLE_RATES": {
        "person": env("RATE_LIMIT", "600/min"),
        "webhook_test": env("WEBHOOK_TEST_LIMIT", "10/min"),
        "verify": env("VERIFY_LIMIT", "60/hour"),
    },
}
REQUESTS_OF = "generation.services.requests_of"  # requests a minute of a person's plan; 0: as above
SPECTACULAR_SETTINGS = {
    "TITLE": "Sora Social API",
    "DESCRIPTION": "Cameos, generation, remixes and a feed that is ordered to make you create.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "ENUM_NAME_OVERRIDES": {
        "SubjectEnum": "sora_social.moderation.states.REPORTED",
        "CaseSubject": "sora_social.moderation.states.Subject",
        "CaseState": "sora_social.moderation.states.CaseState",
        "ModerationReason": "sora_social.moderation.states.Reason",
        "ReportReason": "sora_social.moderation.states.ReportReason",
        "CameoState": "cameos.states.CameoState",
        "ConsentState": "cameos.states.ConsentState",
        "CameoAudience": "cameos.states.Audience",
        "CharacterState": "cameos.states.CharacterState",
        "CharacterKind": "cameos.states.CharacterKind",
        "CharacterAudience": "cameos.states.CharacterAudience",
        "JobState": "generation.states.JobState",
        "OutputKind": "generation.states.Kind",
        "JobTier": "generation.states.Tier",
        "EntryKindEnum": "generation.models.EntryKind",
        "PostState": "feed.states.PostState",
        "PostAudience": "feed.models.PostAudience",
    },
}

# --- cameos ---------------------------------------------------------------------------------------
LIKENESS_MODEL_PACK = Path(env("LIKENESS_MODEL_PACK", str(BASE / "var" / "packs" / "lite")))
CHALLENGE_SECONDS = 120
CAPTURE_ATTEMPTS = 3
CAPTURE_DRAWS = int(env("CAPTURE_DRAWS", "10"))  # challenges a person may ask for within the lock
CAPTURE_LOCK = timedelta(minutes=45)
CAMEO_REVERIFY = timedelta(days=int(env("CAMEO_REVERIFY_DAYS", "365")))  # then a face is asked for
CAMEO_REVERIFY_GRACE = timedelta(days=int(env("CAMEO_REVERIFY_GRACE_DAYS", "30")))  # and is due
CAMEO_UNFINISHED = timedelta(days=int(env("CAMEO_UNFINISHED_DAYS", "30")))  # then it is purged
CAMEO_UNUSED = timedelta(days=int(env("CAMEO_UNUSED_DAYS", "365")))  # after it has lapsed
# Who listens for the digits: pocketsphinx, or off: then a moderator looks at every capture.
LIKENESS_ASR = env("LIKENESS_ASR", "pocketsphinx")
# Functions that find a mark of ours in frames (T, H, W, 3) RGB.
OWN_MARKS = ("generation.marks.carries_our_mark",)
CAMEO_REVIEW = env("CAMEO_REVIEW", "doubtful")  # doubtful | always: which captures a moderator sees

# --- generation -----------------------------------------------------------------------------------
GENERATION_MODEL = Path(env("GENERATION_MODEL", str(BASE / "generation" / "engine" / "small")))
PROMPT_WRITER = Path(env("PROMPT_WRITER")) if env("PROMPT_WRITER") else None  # a text model
SCREENING_POLICY = Path(
    env("SCREENING_POLICY", str(BASE / "generation" / "screening" / "policy.toml"))
)
# Models that look after safety, asked in the rendering child: transformers folders.
SCREENING_PICTURES = Path(env("SCREENING_PICTURES")) if env("SCREENING_PICTURES") else None
SCREENING_TEXTS = Path(env("SCREENING_TEXTS")) if env("SCREENING_TEXTS") else None
# One that writes down what is spoken, for the same screening.
SCREENING_SPEECH = Path(env("SCREENING_SPEECH")) if env("SCREENING_SPEECH") else None
GENERATION_MODELS = {  # further models by name, kept beside it while memory lasts: "name=folder,…"
    name: Path(folder)
    for name, _, folder in (pair.partition("=") for pair in env("GENERATION_MODELS").split(","))
    if folder
}
ENGINE_MEMORY_GIB = float(env("ENGINE_MEMORY_GIB", "0"))  # of all models in a process; 0: one model
ENGINE_OPTIONS = env("ENGINE_OPTIONS", "{}")  # JSON: dtype, device, offload, … (docs/models.md)
BATCH_AT_MOST = int(env("BATCH_AT_MOST", "4"))  # jobs in one forward; 1: each by itself
BATCH_WINDOW_MS = int(env("BATCH_WINDOW_MS", "0"))  # to wait for others before a forward
FREE_DAILY_CREDITS = int(env("FREE_DAILY_CREDITS", "30"))
LEASE_S = float(env("LEASE_S", "30"))
SWEEP_S = float(env("SWEEP_S", "1"))
REDISPATCH_S = float(env("REDISPATCH_S", "15"))
MAX_ATTEMPTS = int(env("MAX_ATTEMPTS", "3"))
MAX_LOSSES = int(env("MAX_LOSSES", "8"))
JOB_DEADLINE = timedelta(minutes=int(env("JOB_DEADLINE_MINUTES", "30")))
RENDER_MEMORY_MB = int(env("RENDER_MEMORY_MB", "0"))  # 0: no limit on the child's address space
RENDER_THREADS = int(env("RENDER_THREADS", "0"))  # 0: as many as there are cores
RENDER_TIMEOUT_S = float(env("RENDER_TIMEOUT_S", "600"))  # of one render or one encoding
WORKER_THREADS = int(env("WORKER_THREADS", "1"))
POLL_AFTER_MS = int(env("POLL_AFTER_MS", "5000"))  # when clients of /v1 are told to ask again
BATCH_LEASE_S = float(env("BATCH_LEASE_S", "60"))  # longer than one line of a batch takes
JOBS_AT_ONCE = int(env("JOBS_AT_ONCE", "5"))  # queued or running, of one person
# What every sweep does, about each SWEEP_S seconds: repairs that any process may make at any time.
SWEEPERS = (
    "generation.dispatch.sweep",
    "generation.leftovers.tidy",
    "generation.openai.batches.advancing.sweep",
    "generation.openai.expiry.sweep",
    "generation.lots.expire",
    "generation.barring.sweep",
    "generation.rescanning.sweep",
    "sora_social.outbox.relay",
    "sora_social.moderation.services.end_suspensions",
    "sora_social.moderation.services.restore_uncontested",
    "sora_social.moderation.services.forget_reporters",
    "cameos.services.resume_verifying",
    "cameos.services.resume_sketching",
    "cameos.services.move_to_current_pack",
    "cameos.services.expire_leaves",
    "cameos.services.remind_of_lapses",
    "cameos.services.forget_old_releases",
    "cameos.services.purge_forgotten",
    "feed.services.count_impressions",
    "feed.catalog.renew",
    "feed.outcomes.settle_nudges",
    "feed.outcomes.review_experiments",
    "ranking.services.regroup_daily",
    "feed.learning.attribute_now_and_then",
    "ranking.services.keep_log",
    "ranking.services.train_hourly",
    "sora_social.webhooks.sending.sweep",
    "sora_social.webhooks.services.forget_old",
    "sora_social.idempotency.forget_old",
    "sora_social.oauth.services.forget_old",
)

# --- ranking --------------------------------------------------------------------------------------
LOG_DAYS = max(int(env("LOG_DAYS", "60")), 31)  # of pages and events; what is listed is younger
LEARN_EVERY_S = int(env("LEARN_EVERY_S", "3600"))  # 0: only by `manage.py train`

# --- webhooks -------------------------------------------------------------------------------------
# Who reads facts out of the outbox: each turns an OutboxEvent into a Fact, or None.
WEBHOOK_FACTS = ("generation.facts.video_ended", "generation.facts.batch_ended")
WEBHOOKS_ALLOW_LOOPBACK = flag("WEBHOOKS_ALLOW_LOOPBACK")  # for development: http, any port
WEBHOOK_SENDERS = int(env("WEBHOOK_SENDERS", "8"))  # threads of one sweeper
WEBHOOK_LEASE_S = float(env("WEBHOOK_LEASE_S", "60"))  # longer than one POST may take

# --- logs -----------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING")},
}

# --- safety in production -------------------------------------------------------------------------
TESTING = "pytest" in sys.modules
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if not EMBEDDED and not DEBUG and not TESTING:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Pages of the console that are no lists of models: name, title, view.
CONSOLE_PAGES = (
    ("dashboard", "Dashboard", "feed.dashboard.page"),
    ("experiments", "Experiments", "feed.trying.page"),
)
UNFOLD = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_SYMBOL": "movie",
    "STYLES": [lambda request: static("moderation/console.css")],
    "SCRIPTS": [lambda request: static("moderation/console.js")],
    "ACCOUNT": {
        "navigation": [
            {"title": "Your passkeys", "link": reverse_lazy("admin:passkeys")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
}
