"""All settings, read from the environment; docs/operators.md has the table of variables."""

from __future__ import annotations

import math
import re
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue

from config import brokers, databases, env, image_registries, social

django_stubs_ext.monkeypatch()  # ModelAdmin[Team] and the like work at run time too

BASE_DIR = Path(__file__).resolve().parents[2]
STATE_DIR = Path(env.text("STATE_DIR", str(BASE_DIR / "var")))  # database, files, embedded broker
try:
    STATE_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"STATE_DIR is no folder that can be made: {error}") from error

DEBUG = env.boolean("DEBUG", False)
DEMO = env.boolean("DEMO", False)  # installs the demo, and shows its accounts
DEMO_ORGANISER = "organiser" if DEMO else None  # the account whose role needs no second factor
SECRET_KEY = env.secret("SECRET_KEY", "only-for-a-laptop" if DEBUG else None)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "audit.admin_config.RecordedAdminConfig",  # django.contrib.admin, with the log
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in social.HOSTS),
    "config",  # for its command and its template filters
    "audit",
    "accounts",
    "files",
    "images",
    "sharedtasks",
    "submissions",
    "health",
    "nodes",
    "leaderboard",
    "organise",
    "editions",
    *(["demo"] if DEMO else []),
]

MIDDLEWARE = [
    "health.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.CompressMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the check of a form's token, which would read the body.
    "files.gate.UploadMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.PrivateMiddleware",
    # After sign-in, so that its page knows the reader; nothing up to here reads a body.
    "config.middleware.BodyLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.PieceMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.InvalidFormMiddleware",
]

ROOT_URLCONF = "config.urls"

# The web server, config.serve ---------------------------------------------------------

WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, minimum=1)
WEB_THREADS = env.integer("WEB_THREADS", 16, minimum=1)  # of each process, for pages
WEB_TRANSFERS = env.integer("WEB_TRANSFERS", 64, minimum=1)  # large bodies at a time, of each
WEB_GRACE = env.integer("WEB_GRACE", 30, minimum=1)  # seconds to end in when told to stop
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
            "builtins": ["config.templatetags.site"],
        },
    }
]

# Database -----------------------------------------------------------------------------

DATABASE_URL = env.secret("DATABASE_URL", f"sqlite:///{STATE_DIR / 'terminarium.sqlite3'}")
DATABASES = {"default": databases.read_options(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People -------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "add_email": "accounts.forms.AddAddressForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_USERNAME_VALIDATORS = "accounts.names.USERNAME_VALIDATORS"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # only in the browser that signed up
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False  # the second factor would be asked for anyway
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_EMAIL_NOTIFICATIONS = True  # mail people when a password or an address of theirs changes
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before an address or a connected account changes
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Terminarium] "
ACCOUNT_RATE_LIMITS = {
    # Ours, beside allauth's own; what templates/429.html says fits all of them.
    "create_team": "20/h/user",
    "invite": "60/h/user",
}
# Addresses come from X-Forwarded-For, which anybody may write, only if so many proxies add to it.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("PROXY_COUNT", 0)

MFA_ADAPTER = "accounts.adapters.MFAAdapter"
# No security keys ("webauthn"): they need JavaScript, and every page here works without it.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Terminarium"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.ActivateForm",
}

SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.SocialSignUpForm"}
SOCIALACCOUNT_PROVIDERS = social.read_providers()
SOCIALACCOUNT_AUTO_SIGNUP = False  # people choose their user name

# Transport security: on unless DEBUG is on or the operator sets HTTPS to false.
HTTPS = env.boolean("HTTPS", not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"  # of links in mails
SECURE_HSTS_SECONDS = 3600 * 24 * 30 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_TLS_PROXY", False) else None
)
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.errors.form_expired"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Browsers hold a form to this when its answer leads elsewhere, too.
        "form-action": [SELF, *(social.HOSTS[name] for name in SOCIALACCOUNT_PROVIDERS)],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Mail ---------------------------------------------------------------------------------

EMAIL_HOST = env.text("EMAIL_HOST", "")
# smtp: to EMAIL_HOST; folder: files in STATE_DIR/mail; none: no mails, so that nobody can sign up
EMAIL_DELIVERY = env.choice(
    "EMAIL_DELIVERY",
    "smtp" if EMAIL_HOST else "folder" if DEBUG or DEMO else "none",
    ["smtp", "folder", "none"],
)
if EMAIL_DELIVERY == "smtp" and not EMAIL_HOST:
    raise ImproperlyConfigured("EMAIL_DELIVERY is smtp; name the server in EMAIL_HOST.")
EMAIL_BACKEND = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "folder": "django.core.mail.backends.filebased.EmailBackend",
    "none": "django.core.mail.backends.dummy.EmailBackend",
}[EMAIL_DELIVERY]
EMAIL_FILE_PATH = STATE_DIR / "mail"
EMAIL_SECURITY = env.choice("EMAIL_SECURITY", "starttls", ["starttls", "tls", "none"])
EMAIL_USE_TLS = EMAIL_SECURITY == "starttls"
EMAIL_USE_SSL = EMAIL_SECURITY == "tls"
EMAIL_PORT = env.integer("EMAIL_PORT", {"starttls": 587, "tls": 465, "none": 25}[EMAIL_SECURITY])
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_PASSWORD", "")
EMAIL_TIMEOUT = 10  # seconds; somebody waits for the page meanwhile
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Terminarium <noreply@localhost>")

SECURITY_CONTACT = env.text("SECURITY_CONTACT", "")  # empty: the address of EMAIL_FROM
if SECURITY_CONTACT and "@" not in SECURITY_CONTACT and ":" not in SECURITY_CONTACT:
    raise ImproperlyConfigured(
        f"SECURITY_CONTACT is {SECURITY_CONTACT!r}; write an e-mail address or https://…"
    )

# Cache: counts what is limited in rate, so all processes share it ---------------------

CACHE_URL = env.secret("CACHE_URL", "database://")
if CACHE_URL.startswith(("redis://", "rediss://", "unix://")):
    CACHES: dict[str, dict[str, object]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            "KEY_PREFIX": "terminarium",
        }
    }
elif CACHE_URL == "database://":
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "django_cache",  # accounts' migrations make it
            "OPTIONS": {"MAX_ENTRIES": 100_000},  # the default of 300 would forget limited users
        }
    }
else:
    raise ImproperlyConfigured("CACHE_URL has to be database:// or begin with redis://.")

# Files --------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = STATE_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.static_storage.JoiningStorage"
    },
}
# Within the storage's folder, so that what has come in whole is moved and not copied.
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", 64 * 1024 * 1024, minimum=1)
MAX_IMAGE_BYTES = env.integer("MAX_IMAGE_BYTES", 25 * 1024**3, minimum=1)
MAX_UNPACKED_IMAGE_BYTES = env.integer("MAX_UNPACKED_IMAGE_BYTES", 50 * 1024**3, minimum=1)
MIN_FREE_BYTES = env.integer("MIN_FREE_BYTES", 5 * 1024**3)  # of the disk, left free by uploads
UPLOADS_AT_ONCE = env.integer("UPLOADS_AT_ONCE", 3, minimum=1)  # of a person, above 64 kB
# Against abuse, far above what anybody needs: of a person and of a team, within 24 hours.
UPLOADS_PER_DAY = env.integer("UPLOADS_PER_DAY", 1000, minimum=1)
UPLOAD_BYTES_PER_DAY = env.integer("UPLOAD_BYTES_PER_DAY", 250 * 1024**3, minimum=1)
REFUSED_FILES_DAYS = env.integer("REFUSED_FILES_DAYS", 30, minimum=1)  # that they can be fetched
# A form's fields and boundaries beside its file; config.body_limits says which limit holds where.
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 1024 * 1024
MAX_IMAGE_BODY_BYTES = MAX_IMAGE_BYTES + 1024 * 1024
# As JSON, whose escapes make a text at most six times as long (\u0001).
MAX_HYPOTHESES_BYTES = 6 * 64 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "files.incoming.IncomingUploadHandler",
]
IMAGE_REGISTRIES = image_registries.read_hosts()  # none: images are uploaded, not fetched
IMAGE_REGISTRIES_ON_LOOPBACK = image_registries.are_on_loopback(IMAGE_REGISTRIES)  # only in tests
IMAGE_TRIES = env.integer("IMAGE_TRIES", 20, minimum=1)  # of a team in a phase, within 24 hours

# Work: Celery, its broker, the sweeper ------------------------------------------------

CHECKING_DWELL = env.seconds("CHECKING_DWELL", 600)  # seconds a worker may hold a submission
IMAGE_CHECKING_DWELL = env.seconds("IMAGE_CHECKING_DWELL", 3600)  # the same, with an image
IMAGE_FETCH_TIME = env.seconds("IMAGE_FETCH_TIME", 3600)  # seconds for an image from a registry
IMAGE_FETCHING_DWELL = IMAGE_CHECKING_DWELL + IMAGE_FETCH_TIME  # it is fetched, then checked
SCORING_DWELL = env.seconds("SCORING_DWELL", 600)  # seconds a worker may hold an entry
SCORING_TIME = env.seconds("SCORING_TIME", 0.4 * SCORING_DWELL)  # seconds of a processor, an entry
SCORING_MEMORY = env.integer("SCORING_MEMORY", 2 * 1024**3, minimum=64 * 1024**2)  # bytes, resident
if SCORING_TIME > 0.7 * SCORING_DWELL:  # its task's time limit would end it first, as our fault
    raise ImproperlyConfigured("SCORING_TIME has to be at most 0.7 times SCORING_DWELL.")
NODE_LEASE = env.seconds("NODE_LEASE", 60)  # seconds that a run is a node's without a sign of life
NODE_HEARTBEAT = env.seconds("NODE_HEARTBEAT", 5)  # seconds between two signs of life
SMOKE_WALL_TIME = env.seconds("SMOKE_WALL_TIME", 600)  # seconds at most, if the phase gives more
RUN_DWELL = env.seconds("RUN_DWELL", 7200)  # seconds that a run may go on beyond its wall time
# What this web process serves: nodes, pages, uploads, …; empty: everything.
WEB_ROLE = env.text("WEB_ROLE", "")
if not re.fullmatch(r"[A-Za-z0-9_-]{0,50}", WEB_ROLE):
    raise ImproperlyConfigured("WEB_ROLE has to be a word of letters, digits, - and _, or empty.")
# Seconds before a node tries an image again that its engine has refused.
IMAGE_RETRY_PAUSE = env.seconds("IMAGE_RETRY_PAUSE", 60)
NODES_BROKER_URL = env.secret("NODES_BROKER_URL", "")  # only for nodes; empty: none are woken
SWEEP_INTERVAL = env.seconds("SWEEP_INTERVAL", 15)  # seconds between two sweeps
# Ranges of places: seconds without work on a board, and between two computations for a board.
RANGES_QUIET = env.seconds("RANGES_QUIET", 30)
RANGES_EVERY = env.seconds("RANGES_EVERY", 300)

BROKER_URL = env.secret("BROKER_URL", "filesystem://localhost")
brokers.require_known("BROKER_URL", BROKER_URL)
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Wait for ever for a broker that is away, full or read-only.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A busy worker leaves messages to those that are not; only Redis can be read so.
CELERY_WORKER_DISABLE_PREFETCH = BROKER_URL.startswith("redis")
# Whoever can write to the broker could otherwise shut a worker down.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What the check of a large file leaves allocated: a process ends before that fills the machine.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_000_000  # kB
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
# A hung task ends before its claim runs out, so that its process is free again by then.
CELERY_TASK_SOFT_TIME_LIMIT = 0.8 * min(CHECKING_DWELL, SCORING_DWELL)
CELERY_TASK_TIME_LIMIT = 0.9 * min(CHECKING_DWELL, SCORING_DWELL)
# RabbitMQ closes the channel of a message that is not acknowledged within 30 minutes. So a task
# that may take longer than this acknowledges when it begins; if it is lost then, its row is
# announced again once its claim has run out.
LONGEST_LATE_ACKNOWLEDGEMENT = 600  # seconds
CELERY_TASK_ACKS_LATE = CELERY_TASK_TIME_LIMIT <= LONGEST_LATE_ACKNOWLEDGEMENT
# Of images; submissions.pipeline.tasks sets the two. Whole seconds; never 0, which is no limit.
IMAGE_SOFT_TIME_LIMIT = max(int(0.8 * IMAGE_CHECKING_DWELL), 1)
IMAGE_TIME_LIMIT = max(int(0.9 * IMAGE_CHECKING_DWELL), 1)
# Of images that are fetched first: the same time for the check, and time for the registry.
FETCHING_SOFT_TIME_LIMIT = IMAGE_SOFT_TIME_LIMIT + math.ceil(IMAGE_FETCH_TIME)
FETCHING_TIME_LIMIT = IMAGE_TIME_LIMIT + math.ceil(IMAGE_FETCH_TIME)
IMAGE_ACKS_LATE = IMAGE_TIME_LIMIT <= LONGEST_LATE_ACKNOWLEDGEMENT
FETCHING_ACKS_LATE = FETCHING_TIME_LIMIT <= LONGEST_LATE_ACKNOWLEDGEMENT
# By what people wait for: verdicts and boards, then scores. An image takes minutes, and ranges keep
# a process busy for seconds. A worker serves all queues unless it is told otherwise (-Q).
QUEUES = ["boards", "checks", "celery", "images", "ranges"]
CELERY_TASK_DEFAULT_QUEUE = "celery"  # scoring
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), name) for name in QUEUES]
CELERY_TASK_ROUTES = {
    "leaderboard.rank": {"queue": "boards"},
    "leaderboard.compute_ranges": {"queue": "ranges"},
    "submissions.check": {"queue": "checks"},
    "submissions.check_image": {"queue": "images"},
    "submissions.fetch_image": {"queue": "images"},
}
# A message is a hint and the sweeper repeats it: an upload never waits for a broker that is down.
CELERY_TASK_PUBLISH_RETRY = False
# Seconds. A message that comes again while its task still runs would count as an attempt.
VISIBILITY_TIMEOUT = 6 * max(CHECKING_DWELL, SCORING_DWELL, IMAGE_FETCHING_DWELL)
BROKER_DIR = STATE_DIR / "broker"  # of the embedded broker
CELERY_BROKER_TRANSPORT_OPTIONS = brokers.list_transport_options(
    BROKER_URL, folder=BROKER_DIR, visibility_timeout=VISIBILITY_TIMEOUT
)

# Nodes: the machines that run systems in containers -----------------------------------

if NODE_LEASE < 3 * NODE_HEARTBEAT:
    raise ImproperlyConfigured("NODE_LEASE has to be three times NODE_HEARTBEAT at least.")
# A broker of their own: a program that can write to the platform's broker can run any task.
if NODES_BROKER_URL:
    brokers.require_known("NODES_BROKER_URL", NODES_BROKER_URL, needs_folder=True)
if NODES_BROKER_URL and NODES_BROKER_URL == BROKER_URL and BROKER_URL != "memory://":
    raise ImproperlyConfigured(
        "NODES_BROKER_URL is BROKER_URL. Nodes need an instance or a virtual host of their own."
    )

# Boards --------------------------------------------------------------------------------

# Seconds after which a web server reads again what a board's pages are made of.
BOARDS_TRUSTED_FOR = 0.0 if DEBUG else 0.9

# The rest -----------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # It would tell of its dictionary in the midst of what commands print.
    "loggers": {"pymorphy3": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", "INFO", LOG_LEVELS)},
}
