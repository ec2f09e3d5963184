#include <unistd.h>

#include <cstdio>

#include "app/database_command.h"
#include "features/icd10/icd10.h"

namespace wardbook::app {
namespace {

/// A release is one transaction of some seconds; a request's deadline is not for it.
constexpr std::chrono::minutes kStatementTimeout{10};

void show_progress(std::size_t done) {
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K%zu codes", done);
}

Task<int> import(CommandContext& context) {
  auto file = icd10::read_release(context.arguments.file);
  std::size_t billable = 0;
  for (const auto& row : file.rows) billable += row.billable ? 1 : 0;
  boost::json::object row{
      {"release", file.name}, {"codes", file.rows.size()}, {"billable", billable}};
  const bool loaded = co_await icd10::import_release(context.db, std::move(file), &show_progress);
  if (isatty(STDERR_FILENO) != 0) std::fputc('\n', stderr);
  row["result"] = loaded ? "imported" : "was loaded already";
  boost::json::array rows;
  rows.push_back(std::move(row));
  print_rows(context.arguments, rows);
  co_return 0;
}

}  // namespace

int icd_import(const Settings& settings, const Arguments& arguments) {
  Settings patient = settings;
  patient.database.statement_timeout = kStatementTimeout;
  return run_on_database(patient, arguments, &import);
}

}  // namespace wardbook::app
