// What a search document, a query and a highlight cost, of a note of 1 KB and of one of 5 KB.
#include <benchmark/benchmark.h>

#include <string>

#include "text/document.h"
#include "text/highlight.h"
#include "text/query.h"

namespace {

using namespace wardbook;  // NOLINT(google-build-using-namespace)

/// Sentences of a chart until there are so many bytes; `accents`: with letters outside ASCII.
std::string note(std::size_t bytes, bool accents) {
  std::string out;
  for (int i = 0; out.size() < bytes; ++i) {
    out += "Day " + std::to_string(i) + ": productive cough since " + std::to_string(i % 9 + 2) +
           " days, fever up to 38.5 °C, vomiting denied. Takes amlodipine 5mg and co-trimoxazole; "
           "blood pressure 130/85, COVID-19 negative. Mild hypertension, type-2 diabetes (E11.9). ";
    if (accents) out += "Übelkeit, fièvre légère, кашель и боль в груди. ";
  }
  out.resize(out.find(' ', bytes - 40));
  return out;
}

std::string ascii(std::string text) {
  for (auto at = text.find("°"); at != std::string::npos; at = text.find("°"))
    text.replace(at, 2, "");
  return text;
}

const text::Query& asked() {
  static const auto one = text::query(text::typed("hypertension cough 5mg \"type-2 diabetes\""));
  return one;
}

void document(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto story = state.range(1) != 0 ? note(size, true) : ascii(note(size, false));
  for (auto _ : state) {
    benchmark::DoNotOptimize(text::document({{"cough"}, {story}, "MR-2026-000123"}));
  }
}
BENCHMARK(document)->Args({1000, 0})->Args({5000, 0})->Args({1000, 1})->Args({5000, 1});

void query(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        text::query(text::typed("hypertension cough 5mg \"type-2 diabetes\"")));
  }
}
BENCHMARK(query);

void highlight(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto story = state.range(1) != 0 ? note(size, true) : ascii(note(size, false));
  for (auto _ : state) {
    benchmark::DoNotOptimize(text::highlight({story}, "MR-2026-000123", asked()));
  }
}
BENCHMARK(highlight)->Args({1000, 0})->Args({5000, 0})->Args({1000, 1})->Args({5000, 1});

}  // namespace

BENCHMARK_MAIN();
