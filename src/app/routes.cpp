#include <deque>
#include <iterator>
#include <string>

#include "app/service.h"
#include "features/accounts/accounts.h"
#include "features/attachments/attachments.h"
#include "features/audit/audit.h"
#include "features/chart/chart.h"
#include "features/diagnoses/diagnoses.h"
#include "features/erasures/erasures.h"
#include "features/icd10/icd10.h"
#include "features/patients/patients.h"
#include "features/records/records.h"
#include "features/storage/storage.h"
#include "features/templates/templates.h"
#include "features/tenants/tenants.h"

namespace wardbook::app {
namespace {

constexpr std::string_view kBase = "/api/v1";

/// Routes keep views of their patterns, for as long as the program runs.
std::string_view kept(std::string text) {
  static std::deque<std::string> all;
  return all.emplace_back(std::move(text));
}

}  // namespace

std::vector<api::Route> all_routes() {
  static const std::vector<api::Route> all = [] {
    std::vector<api::Route> out = service_routes();
    const std::vector<api::Route> features[] = {
        accounts::routes(), tenants::routes(),   patients::routes(),    records::routes(),
        audit::routes(),    diagnoses::routes(), attachments::routes(), chart::routes(),
        icd10::routes(),    templates::routes(), storage::routes(),
        erasures::routes(),
    };
    for (const auto& routes : features) {
      for (api::Route route : routes) {
        route.pattern = kept(std::string(kBase) + std::string(route.pattern));
        out.push_back(route);
      }
    }
    return out;
  }();
  return all;
}

}  // namespace wardbook::app
