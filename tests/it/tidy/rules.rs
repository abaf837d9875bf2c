//! The rules that `tidy` checks, as tables. ARCHITECTURE.md gives the reasons.
//!
//! To change a rule, change its table here and the text there, in one commit. What a newcomer gets wrong: a crate that is
//! missing from `MEMBERS` fails the test too, so that nobody adds a part without saying who may use it.

/// Most lines of a source file, a script, a style sheet or a migration.
pub(super) const LINES_MAX: usize = 500;

/// Kinds of files whose length is limited. Clippy limits functions: `too-many-lines-threshold`.
pub(super) const SOURCE_EXTENSIONS: &[&str] =
    &["rs", "sql", "ts", "tsx", "svelte", "css", "html", "sh", "toml", "yml", "yaml"];

/// Files whose length a tool decides.
pub(super) const LENGTH_EXEMPT: &[&str] = &["docs/openapi.json", "web/package-lock.json"];

/// Never looked at: not ours, or made.
pub(super) const FOLDERS_SKIPPED: &[&str] =
    &["target", ".git", "node_modules", "data", ".cache", "dist", "generated", "screens"];

/// How many calls of `by_engine` the SQL of the tables has. Each needs its reason beside it.
pub(super) const BY_ENGINE_CALLS: usize = 2;

/// Columns that need no comment anywhere: the row's own id, and when it was made or arrived (microseconds UTC).
pub(super) const COLUMNS_PLAIN: &[&str] = &["id", "created_at", "received_at"];

/// What a member may depend on among the members, and what it must not depend on among the crates.
pub(super) struct Member {
    /// Its folder.
    pub folder: &'static str,
    /// Members it may name under `[dependencies]` and `[dev-dependencies]`.
    pub may_use: &'static [&'static str],
    /// Crates it must not name under `[dependencies]`.
    pub must_not_use: &'static [&'static str],
}

/// Crates that do input and output.
const OUTSIDE_WORLD: &[&str] =
    &["tokio", "sqlx", "axum", "object_store", "reqwest", "tower", "tower-http", "jsonwebtoken"];

/// All members. Between crates the compiler keeps what stands here.
pub(super) const MEMBERS: &[Member] = &[
    Member { folder: "sync-protocol", may_use: &[], must_not_use: OUTSIDE_WORLD },
    Member {
        folder: "migrations",
        may_use: &[],
        must_not_use: &["tokio", "axum", "object_store", "reqwest", "tower", "tower-http", "jsonwebtoken"],
    },
    Member {
        folder: "server/db",
        may_use: &["paicha-migrations", "sync-protocol"],
        must_not_use: &["axum", "object_store", "jsonwebtoken", "reqwest", "tower", "tower-http"],
    },
    Member { folder: "server/photos", may_use: &["sync-protocol"], must_not_use: OUTSIDE_WORLD },
    Member { folder: "server/reports", may_use: &["sync-protocol"], must_not_use: OUTSIDE_WORLD },
    Member { folder: "server/areas", may_use: &["sync-protocol"], must_not_use: OUTSIDE_WORLD },
    Member { folder: "server/catalogue", may_use: &["sync-protocol"], must_not_use: OUTSIDE_WORLD },
    Member { folder: "server/imports", may_use: &["sync-protocol"], must_not_use: OUTSIDE_WORLD },
    Member { folder: "server/integrity", may_use: &["sync-protocol"], must_not_use: OUTSIDE_WORLD },
    Member { folder: "server/web", may_use: &[], must_not_use: OUTSIDE_WORLD },
    Member {
        folder: "server",
        may_use: &[
            "paicha-areas",
            "paicha-catalogue",
            "paicha-client",
            "paicha-db",
            "paicha-imports",
            "paicha-integrity",
            "paicha-photos",
            "paicha-reports",
            "paicha-web",
            "sync-protocol",
        ],
        must_not_use: &["sqlx", "reqwest"],
    },
    Member { folder: "client", may_use: &["sync-protocol"], must_not_use: &["axum", "object_store", "jsonwebtoken"] },
    Member {
        folder: "tests",
        may_use: &[
            "paicha",
            "paicha-areas",
            "paicha-client",
            "paicha-db",
            "paicha-imports",
            "paicha-migrations",
            "paicha-photos",
            "paicha-reports",
            "paicha-web",
            "sync-protocol",
        ],
        must_not_use: &[],
    },
    Member {
        folder: "tests/bench",
        may_use: &["paicha", "paicha-db", "paicha-photos", "paicha-tests", "sync-protocol"],
        must_not_use: &["sqlx"],
    },
    Member { folder: "xtask", may_use: &[], must_not_use: OUTSIDE_WORLD },
];

/// What a module of the server must not name. A path counts when it stands as a whole word before `::` or in a `use`.
pub(super) struct Layer {
    /// Files of the layer: a folder with `/` at the end, or a file.
    pub path: &'static str,
    /// Paths its files must not contain.
    pub must_not_name: &'static [&'static str],
}

/// The layers of `server/src`, one row for each line of "Who may import whom".
pub(super) const LAYERS: &[Layer] = &[
    Layer {
        path: "server/src/http/",
        must_not_name: &["sqlx", "object_store", "paicha_db", "crate::blobs", "crate::jobs", "crate::cli"],
    },
    Layer {
        path: "server/src/usecases/",
        must_not_name: &["axum", "sqlx", "object_store", "jsonwebtoken", "crate::http", "crate::jobs", "crate::cli"],
    },
    Layer {
        path: "server/src/auth/",
        must_not_name: &[
            "sqlx",
            "axum",
            "object_store",
            "paicha_db",
            "crate::http",
            "crate::usecases",
            "crate::jobs",
            "crate::cli",
        ],
    },
    Layer {
        path: "server/src/jobs/",
        must_not_name: &["axum", "sqlx", "object_store", "jsonwebtoken", "crate::http", "crate::cli"],
    },
    Layer {
        path: "server/src/blobs.rs",
        must_not_name: &["sqlx", "axum", "paicha_db", "crate::http", "crate::usecases", "crate::jobs", "crate::cli"],
    },
    Layer {
        path: "server/src/blobs/",
        must_not_name: &["sqlx", "axum", "paicha_db", "crate::http", "crate::usecases", "crate::jobs", "crate::cli"],
    },
    Layer { path: "server/src/clock.rs", must_not_name: &["sqlx", "axum", "paicha_db", "object_store", "crate"] },
    Layer { path: "server/src/ids.rs", must_not_name: &["sqlx", "axum", "paicha_db", "object_store", "crate::http"] },
    Layer {
        path: "server/src/config.rs",
        must_not_name: &["sqlx", "axum", "crate::http", "crate::usecases", "crate::jobs", "crate::cli"],
    },
    Layer {
        path: "server/src/config/",
        must_not_name: &["sqlx", "axum", "crate::http", "crate::usecases", "crate::jobs", "crate::cli"],
    },
    Layer { path: "server/src/cli/", must_not_name: &["sqlx", "object_store", "jsonwebtoken"] },
];

/// Words that belong to one place.
pub(super) struct Confined {
    /// The words; whole words count.
    pub words: &'static [&'static str],
    /// Where the rule holds.
    pub under: &'static [&'static str],
    /// Where the words may stand all the same.
    pub allowed: &'static [&'static str],
    /// Why, for the message.
    pub reason: &'static str,
}

/// Words that may stand in few files only.
pub(super) const CONFINED: &[Confined] = &[
    Confined {
        words: &[
            "Sqlite",
            "Postgres",
            "SqlitePool",
            "PgPool",
            "SqliteConnection",
            "PgConnection",
            "SqliteRow",
            "PgRow",
            "QueryBuilder",
        ],
        under: &["server/"],
        allowed: &["server/db/src/engine.rs", "server/db/src/connect.rs"],
        reason: "the two drivers are named in engine.rs and connect.rs only",
    },
    Confined {
        words: &["begin_write", "begin_read"],
        under: &["server/"],
        allowed: &["server/src/usecases/", "server/src/jobs/", "server/db/src/connect.rs"],
        reason: "only use cases and jobs open a transaction",
    },
];

/// Where `Engine::Sqlite` and `Engine::Postgres`, our own words, may stand beside the drivers' names.
pub(super) const ENGINE_PREFIX: &str = "Engine::";
