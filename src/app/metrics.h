#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "db/pool.h"
#include "jobs/jobs.h"

namespace wardbook::app {

/// What /metrics shows. May be used by all reactors.
class Metrics {
 public:
  Metrics();
  /// Prometheus's text format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  friend class ReactorMetrics;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Family<prometheus::Gauge>& pool_;
  prometheus::Family<prometheus::Gauge>& http_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Gauge>& audit_;
  prometheus::Family<prometheus::Gauge>& apart_;
  prometheus::Family<prometheus::Gauge>& store_;
  prometheus::Gauge& outdated_documents_;
  prometheus::Counter& rewritten_documents_;
  prometheus::Gauge& stored_bytes_;
  prometheus::Gauge& storage_usd_;
  prometheus::Gauge& storage_alerts_;
  prometheus::Family<prometheus::Counter>& job_rounds_;
  prometheus::Family<prometheus::Gauge>& job_holder_;
  prometheus::Family<prometheus::Gauge>& job_backlog_;
  prometheus::Family<prometheus::Gauge>& job_success_;
  prometheus::Family<prometheus::Gauge>& job_seconds_;
};

/// One reactor's own handles, so that a request takes no lock: the labels are looked up once.
class ReactorMetrics {
 public:
  ReactorMetrics(Metrics& metrics, int reactor);
  /// `pattern` must live as long as this (a route's).
  void observe(std::string_view method, std::string_view pattern, int status, double seconds);
  void set_pool(const db::Pool::Stats& stats);
  void set_http(std::size_t connections, std::size_t in_flight);
  /// Totals since the start (net::Server).
  void set_refused(std::uint64_t made_room, std::uint64_t turned_away);
  void set_audit(std::size_t waiting, std::size_t tenants_apart);
  void set_store(std::size_t waiting);
  /// Search documents of an older format, which a job of one reactor rewrites.
  void set_outdated_documents(std::int64_t count);
  void add_rewritten_documents(std::int64_t count);
  /// Of all hospitals, as their usage was noted last.
  void set_storage(std::int64_t stored_bytes, double usd_per_month, std::int64_t over_alert);
  void set_jobs(const std::vector<jobs::Report>& reports);

 private:
  struct Handles {
    prometheus::Counter* count;
    prometheus::Histogram* seconds;
  };
  prometheus::Gauge& pool_gauge(const char* what);
  prometheus::Gauge& http_gauge(const char* what);

  Metrics& metrics_;
  std::string reactor_;
  std::map<std::tuple<std::string_view, std::string_view, int>, Handles> handles_;
  prometheus::Gauge& open_;
  prometheus::Gauge& busy_;
  prometheus::Gauge& waiting_;
  prometheus::Gauge& lane_in_flight_;
  prometheus::Gauge& reconnects_;
  prometheus::Gauge& prepared_;
  prometheus::Gauge& tenants_waiting_;
  prometheus::Gauge& tenants_aside_;
  prometheus::Gauge& turned_away_;
  prometheus::Gauge& taken_over_;
  prometheus::Gauge& connections_;
  prometheus::Gauge& in_flight_;
  prometheus::Counter& made_room_;
  prometheus::Counter& address_full_;
  prometheus::Gauge& audit_waiting_;
  prometheus::Gauge& audit_apart_;
  prometheus::Gauge& store_waiting_;
};

}  // namespace wardbook::app
