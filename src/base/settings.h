#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace wardbook {

/// Everything that can be configured, with its defaults. app/config.h parses and checks it once;
/// afterwards it does not change. docs/configuration.md describes each key.
struct Settings {
  struct Server {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    int reactors = 1;  ///< threads that serve requests, each with its own database connections
    std::int64_t max_connections = 4096;
    std::int64_t max_connections_per_address = 2048;  ///< 0: no limit
    std::int64_t open_requests_per_minute = 600;  ///< of an address, each open route; 0: no limit
    std::vector<std::string> trusted_proxies;     ///< addresses and ranges (AddressRange)
    /// Where the pages of the web UI come from (https://host:port); empty: whatever Host names.
    std::vector<std::string> origins;
    std::chrono::milliseconds slow_client_grace{30'000};
    std::int64_t min_bytes_per_second = 1024;  ///< 0: none
    std::chrono::milliseconds drain_timeout{10'000};
  } server;

  struct Database {
    std::string url;             ///< libpq connection string of the service's own login
    std::string owner_url;       ///< of the schemas' owner; only migrations and provisioning use it
    int connections = 8;         ///< exclusive ones for the tenants' work, a reactor
    int tenant_connections = 0;  ///< of them for one tenant at most; 0: half
    int control_connections = 4;  ///< for accounts, tenants and sign-ins, a reactor
    int audit_connections = 3;    ///< for entries of what was read, a reactor
    int lanes = 2;                ///< shared ones for short reads, a reactor
    std::chrono::milliseconds statement_timeout{5'000};
    std::chrono::milliseconds acquire_timeout{3'000};
  } database;

  struct Auth {
    std::string token_secret;  ///< at least 32 bytes; keys tokens (HS256) and kept requests
    std::chrono::seconds access_ttl{15 * 60};
    std::chrono::seconds session_ttl{12 * 3600};
    int max_failed_logins = 5;         ///< from one network, and of one session
    int max_failed_logins_total = 50;  ///< from all networks that are new to the account
    std::chrono::seconds lock_duration{15 * 60};
    /// Argon2id work; libsodium's "moderate" would be 256 MiB. OWASP's minimum is 19 MiB, 2 passes.
    std::int64_t argon2_memory_bytes = 64 * 1024 * 1024;
    int argon2_passes = 3;
  } auth;

  struct Storage {
    std::string endpoint;         ///< http(s)://host:port that the service talks to
    std::string public_endpoint;  ///< what presigned URLs name; empty: the same
    std::string region = "us-east-1";
    std::string bucket = "wardbook";
    std::string access_key;
    std::string secret_key;
    bool path_style = true;
    bool conditional_put = true;              ///< the store honours If-None-Match: *
    std::chrono::seconds timeout{15};         ///< for an answer, and for each read and write
    int archive_after_days = 180;             ///< 0: never
    std::vector<std::string> cors_origins;    ///< pages that may use presigned URLs
    std::string kms_key;                      ///< encrypts new objects; empty: the store's own key
    std::chrono::seconds usage_every{3'600};  ///< how often the usage of today is noted
  } storage;

  /// What the store costs, in US dollars: AWS's prices in us-east-1. features/storage/pricing.h
  /// says what each is for.
  struct Prices {
    double frequent_usd_per_gb_month = 0.023;
    double infrequent_usd_per_gb_month = 0.0125;
    double archive_instant_usd_per_gb_month = 0.004;
    double archive_usd_per_gb_month = 0.0036;
    double standard_usd_per_gb_month = 0.023;
    double monitoring_usd_per_1000_objects = 0.0025;
    double put_usd_per_1000 = 0.005;
    double get_usd_per_1000 = 0.0004;
    double alert_usd_per_month = 0;  ///< of one hospital; 0: none
  } prices;

  struct Attachments {
    std::int64_t max_bytes = 50LL * 1024 * 1024;
    std::int64_t dicom_max_bytes = 2LL * 1024 * 1024 * 1024;
    std::chrono::seconds url_ttl{3'600};
    bool proxy = true;
    int retention_days = 30;
    std::chrono::seconds sweep_every{600};
    std::chrono::seconds sweep_grace{86'400};  ///< after an upload's last URL has expired
    std::int64_t multipart_threshold_bytes = 5LL * 1024 * 1024;
    std::int64_t part_bytes = 8LL * 1024 * 1024;
    std::int64_t verify_at_once_bytes = 64LL * 1024 * 1024;  ///< larger ones in the background
    std::chrono::seconds restored_every{60};    ///< files that were asked back from the archive
    std::chrono::seconds verify_all_every{60};  ///< hospitals of whose uploads nobody has told
    std::string scan;                           ///< clamd:HOST:PORT or clamd:/path; empty: none
    std::int64_t scan_max_bytes = 100LL * 1024 * 1024;  ///< clamd's own limit
    std::chrono::seconds scan_timeout{120};             ///< for each wait for the scanner
  } attachments;

  struct Jobs {
    bool enabled = true;  ///< whether this node takes part in them
    std::chrono::seconds lease{15};
    std::chrono::seconds seal_all_every{60};  ///< hospitals of whose entries nobody has told
    std::chrono::seconds reindex_every{60};   ///< search documents of older formats
    std::chrono::seconds erase_every{30};     ///< erasures that were asked for
  } jobs;

  struct Log {
    std::string target = "stdout";  ///< stdout, stderr or a file
    std::string level = "info";
  } log;

  /// What the pages in the browser are told.
  struct Ui {
    std::chrono::seconds idle_lock{300};  ///< without a key or a click; 0: never
  } ui;

  /// What the page at / and the login form may show; set by the demo only.
  struct Demo {
    bool enabled = false;
    std::string sign_in_file;
  } demo;
};

}  // namespace wardbook
