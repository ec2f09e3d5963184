#include <unistd.h>

#include <cstdio>

#include "app/database_command.h"
#include "features/icd10/icd10.h"

namespace wardbook::app {
namespace {

void show_codes(std::size_t done) {
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K%zu codes", done);
}

Task<int> import(CommandContext& context) {
  auto file = icd10::read_release(context.arguments.file);
  std::size_t billable = 0;
  for (const auto& row : file.rows) billable += row.billable ? 1 : 0;
  boost::json::object row{
      {"release", file.name}, {"codes", file.rows.size()}, {"billable", billable}};
  const bool loaded = co_await icd10::import_release(context.db, std::move(file),
                                                     context.arguments.force, &show_codes);
  if (isatty(STDERR_FILENO) != 0) std::fputc('\n', stderr);
  row["result"] = loaded ? "imported" : "was loaded already";
  boost::json::array rows;
  rows.push_back(std::move(row));
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> list_releases(CommandContext& context) {
  boost::json::array rows;
  for (const auto& release : co_await icd10::releases(context.db)) {
    boost::json::object row{{"release", release.name},
                            {"in_force_from", format_date(release.valid_from)},
                            {"codes", release.codes},
                            {"billable", release.billable},
                            {"built_in", release.starter}};
    rows.push_back(std::move(row));
  }
  print_rows(context.arguments, rows);
  co_return 0;
}

Task<int> remove(CommandContext& context) {
  const auto removed = co_await icd10::remove_release(context.db, context.arguments.name);
  if (!removed) {
    throw std::runtime_error("no release of that name or year: " + context.arguments.name +
                             " (`wardbook icd list` has them; the built-in set stays)");
  }
  boost::json::array rows{{{"release", *removed}, {"result", "removed"}}};
  print_rows(context.arguments, rows);
  co_return 0;
}

}  // namespace

int icd_import(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &import);
}

int icd_list(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &list_releases);
}

int icd_remove(const Settings& settings, const Arguments& arguments) {
  return run_on_database(settings, arguments, &remove);
}

}  // namespace wardbook::app
