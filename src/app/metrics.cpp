#include "app/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace wardbook::app {
namespace {

// Clients may send any method; labels must stay few.
constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};

std::string_view known_method(std::string_view method) {
  const auto* const found = std::ranges::find(kMethods, method);
  return found == kMethods.end() ? "other" : *found;
}

const prometheus::Histogram::BucketBoundaries& buckets() {
  static const prometheus::Histogram::BucketBoundaries bounds{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return bounds;
}

}  // namespace

Metrics::Metrics()
    : requests_(prometheus::BuildCounter()
                    .Name("wardbook_http_requests_total")
                    .Help("Answers by route, method and status")
                    .Register(registry_)),
      seconds_(prometheus::BuildHistogram()
                   .Name("wardbook_http_request_duration_seconds")
                   .Help("From the request's head to its answer, by route and method")
                   .Register(registry_)),
      pool_(prometheus::BuildGauge()
                .Name("wardbook_database_connections")
                .Help("The database pool by reactor and state")
                .Register(registry_)),
      http_(prometheus::BuildGauge()
                .Name("wardbook_http_connections")
                .Help("Client connections and requests in flight by reactor")
                .Register(registry_)),
      refused_(prometheus::BuildCounter()
                   .Name("wardbook_http_connections_refused_total")
                   .Help("Connections closed to make room for others, or not taken because their "
                         "address had too many, by reactor and reason")
                   .Register(registry_)),
      audit_(prometheus::BuildGauge()
                 .Name("wardbook_audit_entries_waiting")
                 .Help("Reads whose audit entry is not durable yet, by reactor")
                 .Register(registry_)),
      apart_(prometheus::BuildGauge()
                 .Name("wardbook_audit_hospitals_apart")
                 .Help("Hospitals whose audit entries wait for a lock, by reactor")
                 .Register(registry_)),
      store_(prometheus::BuildGauge()
                 .Name("wardbook_store_waiting")
                 .Help("Requests that wait for a connection to the object store, by reactor")
                 .Register(registry_)),
      outdated_documents_(
          prometheus::BuildGauge()
              .Name("wardbook_search_documents_outdated")
              .Help("Records and patients of all hospitals that are found by keys of an older "
                    "format")
              .Register(registry_)
              .Add({})),
      rewritten_documents_(prometheus::BuildCounter()
                               .Name("wardbook_search_documents_rewritten_total")
                               .Help("Search documents that were brought to the current format")
                               .Register(registry_)
                               .Add({})),
      stored_bytes_(prometheus::BuildGauge()
                        .Name("wardbook_storage_bytes")
                        .Help("What the files of all hospitals take at the store")
                        .Register(registry_)
                        .Add({})),
      storage_usd_(prometheus::BuildGauge()
                       .Name("wardbook_storage_usd_per_month")
                       .Help("What the files of all hospitals cost in a month, at today's rate")
                       .Register(registry_)
                       .Add({})),
      storage_alerts_(prometheus::BuildGauge()
                          .Name("wardbook_storage_hospitals_over_alert")
                          .Help("Hospitals whose files cost more in a month than "
                                "prices.alert_usd_per_month")
                          .Register(registry_)
                          .Add({})),
      job_rounds_(prometheus::BuildCounter()
                      .Name("wardbook_job_rounds_total")
                      .Help("Rounds of a job on this node, by result")
                      .Register(registry_)),
      job_holder_(prometheus::BuildGauge()
                      .Name("wardbook_job_held")
                      .Help("1 on the node that holds the job's lease")
                      .Register(registry_)),
      job_backlog_(prometheus::BuildGauge()
                       .Name("wardbook_job_backlog")
                       .Help("Hospitals with work for the job, on the node that holds its lease")
                       .Register(registry_)),
      job_success_(prometheus::BuildGauge()
                       .Name("wardbook_job_last_success_seconds")
                       .Help("When the job's last good round ended on any node, in Unix time")
                       .Register(registry_)),
      job_seconds_(prometheus::BuildGauge()
                       .Name("wardbook_job_last_duration_seconds")
                       .Help("How long the job's last good round took on any node")
                       .Register(registry_)) {}

std::string Metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_.Collect());
  return out.str();
}

ReactorMetrics::ReactorMetrics(Metrics& metrics, int reactor)
    : metrics_(metrics),
      reactor_(std::to_string(reactor)),
      open_(pool_gauge("open")),
      busy_(pool_gauge("busy")),
      waiting_(pool_gauge("waiting")),
      lane_in_flight_(pool_gauge("lane_in_flight")),
      reconnects_(pool_gauge("reconnects")),
      prepared_(pool_gauge("prepared")),
      tenants_waiting_(pool_gauge("hospitals_waiting")),
      tenants_aside_(pool_gauge("hospitals_off_lanes")),
      turned_away_(pool_gauge("turned_away")),
      taken_over_(pool_gauge("lanes_taken_over")),
      connections_(http_gauge("open")),
      in_flight_(http_gauge("in_flight")),
      made_room_(metrics.refused_.Add({{"reactor", reactor_}, {"reason", "made_room"}})),
      address_full_(metrics.refused_.Add({{"reactor", reactor_}, {"reason", "address"}})),
      audit_waiting_(metrics.audit_.Add({{"reactor", reactor_}})),
      audit_apart_(metrics.apart_.Add({{"reactor", reactor_}})),
      store_waiting_(metrics.store_.Add({{"reactor", reactor_}})) {}

prometheus::Gauge& ReactorMetrics::pool_gauge(const char* what) {
  return metrics_.pool_.Add({{"reactor", reactor_}, {"state", what}});
}

prometheus::Gauge& ReactorMetrics::http_gauge(const char* what) {
  return metrics_.http_.Add({{"reactor", reactor_}, {"state", what}});
}

void ReactorMetrics::observe(std::string_view method, std::string_view pattern, int status,
                             double seconds) {
  const std::tuple key(pattern, known_method(method), status);
  auto found = handles_.find(key);
  if (found == handles_.end()) {
    const std::string route = pattern.empty() ? "none" : std::string(pattern);
    const std::string method_label(known_method(method));
    auto& count = metrics_.requests_.Add(
        {{"route", route}, {"method", method_label}, {"status", std::to_string(status)}});
    auto& histogram =
        metrics_.seconds_.Add({{"route", route}, {"method", method_label}}, buckets());
    found = handles_.emplace(key, Handles{&count, &histogram}).first;
  }
  found->second.count->Increment();
  found->second.seconds->Observe(seconds);
}

void ReactorMetrics::set_outdated_documents(std::int64_t count) {
  metrics_.outdated_documents_.Set(static_cast<double>(count));
}

void ReactorMetrics::add_rewritten_documents(std::int64_t count) {
  metrics_.rewritten_documents_.Increment(static_cast<double>(count));
  metrics_.outdated_documents_.Decrement(static_cast<double>(count));
}

void ReactorMetrics::set_storage(std::int64_t stored_bytes, double usd_per_month,
                                 std::int64_t over_alert) {
  metrics_.stored_bytes_.Set(static_cast<double>(stored_bytes));
  metrics_.storage_usd_.Set(usd_per_month);
  metrics_.storage_alerts_.Set(static_cast<double>(over_alert));
}

void ReactorMetrics::set_pool(const db::Pool::Stats& stats) {
  open_.Set(static_cast<double>(stats.open));
  busy_.Set(static_cast<double>(stats.busy));
  waiting_.Set(static_cast<double>(stats.waiting));
  lane_in_flight_.Set(static_cast<double>(stats.lane_in_flight));
  reconnects_.Set(static_cast<double>(stats.reconnects));
  prepared_.Set(static_cast<double>(stats.prepared));
  tenants_waiting_.Set(static_cast<double>(stats.tenants_waiting));
  tenants_aside_.Set(static_cast<double>(stats.tenants_aside));
  turned_away_.Set(static_cast<double>(stats.turned_away));
  taken_over_.Set(static_cast<double>(stats.taken_over));
}

void ReactorMetrics::set_http(std::size_t connections, std::size_t in_flight) {
  connections_.Set(static_cast<double>(connections));
  in_flight_.Set(static_cast<double>(in_flight));
}

void ReactorMetrics::set_refused(std::uint64_t made_room, std::uint64_t turned_away) {
  made_room_.Increment(static_cast<double>(made_room) - made_room_.Value());
  address_full_.Increment(static_cast<double>(turned_away) - address_full_.Value());
}

void ReactorMetrics::set_audit(std::size_t waiting, std::size_t tenants_apart) {
  audit_waiting_.Set(static_cast<double>(waiting));
  audit_apart_.Set(static_cast<double>(tenants_apart));
}

void ReactorMetrics::set_store(std::size_t waiting) {
  store_waiting_.Set(static_cast<double>(waiting));
}

void ReactorMetrics::set_jobs(const std::vector<jobs::Report>& reports) {
  const auto count_to = [](prometheus::Counter& counter, std::uint64_t total) {
    counter.Increment(static_cast<double>(total) - counter.Value());
  };
  for (const jobs::Report& report : reports) {
    const std::string& job = report.name;
    count_to(metrics_.job_rounds_.Add({{"job", job}, {"result", "ok"}}), report.runs);
    count_to(metrics_.job_rounds_.Add({{"job", job}, {"result", "failed"}}), report.failures);
    metrics_.job_holder_.Add({{"job", job}}).Set(report.held ? 1 : 0);
    metrics_.job_backlog_.Add({{"job", job}}).Set(static_cast<double>(report.backlog));
    if (!report.last_success) continue;
    const std::chrono::duration<double> at = report.last_success->time_since_epoch();
    metrics_.job_success_.Add({{"job", job}}).Set(at.count());
    metrics_.job_seconds_.Add({{"job", job}}).Set(report.last_seconds);
  }
}

}  // namespace wardbook::app
