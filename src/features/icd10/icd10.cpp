#include "features/icd10/icd10.h"

#include "features/icd10/icd10_sql.h"

namespace wardbook::icd10 {
namespace {

std::string with_dot(std::string code) {
  if (code.size() > 3) code.insert(3, 1, '.');
  return code;
}

}  // namespace

Task<Check> check(db::Tx& tx, std::string code, std::string visit_date) {
  std::erase(code, '.');
  Check out;
  auto looked = co_await tx.maybe_one(kLookUp, code, visit_date);
  if (!looked) co_return out;
  out.any_release = true;
  if (!looked->code.code.empty()) {
    out.found = std::move(looked->code);
    out.found->code = with_dot(std::move(out.found->code));
    co_return out;
  }
  for (auto& row : co_await tx.all(kNearest, looked->release_id, code)) {
    out.nearest.push_back(with_dot(std::move(row.value)));
  }
  co_return out;
}

}  // namespace wardbook::icd10
