// gzip of files on their way to the store (ISA-L, a mark every 256 KiB) against zlib's level 6, on
// what the demo's hospitals would send: HL7 messages of results, notes as text, results as CSV,
// records as JSON.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <string>

#include "base/gzip.h"
#include "demo/generator.h"
#include "demo/hospitals.h"

namespace {

using namespace wardbook;  // NOLINT(google-build-using-namespace)
namespace json = boost::json;

constexpr std::size_t kBlock = 256 * 1024;

std::string text_of(const json::value& value) {
  if (value.is_null()) return "";
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

struct Corpus {
  std::string hl7, text, csv, json;
};

/// All visits of one hospital of the demo, whatever their day.
Corpus make_corpus() {
  Corpus out;
  demo::GeneratorOptions options;
  options.anchor = Date{std::chrono::year(2026), std::chrono::month(3), std::chrono::day(15)};
  const auto hospital = demo::generate(demo::hospital_plans().front(), options);
  int number = 0;
  for (const auto& record : hospital.records) {
    const json::object& body = record.body;
    const std::string id = std::to_string(++number);
    out.json += json::serialize(body) + "\n";
    for (const auto* name : {"chief_complaint", "history_of_present_illness",
                             "physical_examination", "treatment_plan", "notes"}) {
      if (const auto* value = body.if_contains(name)) out.text += text_of(*value) + "\n";
    }
    const auto* results = body.if_contains("lab_results");
    if (results == nullptr || !results->is_array()) continue;
    out.hl7 += "MSH|^~\\&|LAB|WARD|EHR|HOSPITAL|20260315||ORU^R01|" + id + "|P|2.5\r";
    int line = 0;
    for (const auto& result : results->as_array()) {
      const auto& one = result.as_object();
      const auto at = [&one](const char* name) {
        return one.contains(name) ? text_of(one.at(name)) : std::string();
      };
      out.hl7 += "OBX|" + std::to_string(++line) + "|NM|" + at("loinc") + "^" + at("test") + "||" +
                 at("value") + "|" + at("unit") + "|" + at("reference_low") + "-" +
                 at("reference_high") + "|||||F\r";
      out.csv += id + "," + at("test") + "," + at("value") + "," + at("unit") + "," +
                 at("reference_low") + "," + at("reference_high") + "\n";
    }
  }
  return out;
}

const std::string& corpus(std::int64_t which) {
  static const Corpus all = make_corpus();
  return which == 0 ? all.hl7 : which == 1 ? all.text : which == 2 ? all.csv : all.json;
}

std::string by_isal(std::string_view bytes) {
  GzipEncoder encoder;
  std::string out;
  for (; bytes.size() > kBlock; bytes.remove_prefix(kBlock)) {
    encoder.feed(bytes.substr(0, kBlock), GzipEncoder::End::mark, out);
  }
  encoder.feed(bytes, GzipEncoder::End::nothing, out);
  encoder.feed({}, GzipEncoder::End::member, out);
  return out;
}

std::string by_zlib(std::string_view bytes) {
  z_stream z{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&z, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot start");
  }
  std::string out(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  if (deflate(&z, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib did not end");
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

template <std::string (*compress)(std::string_view)>
void measure(benchmark::State& state) {
  const std::string& bytes = corpus(state.range(0));
  std::size_t packed = 0;
  for (auto _ : state) packed = compress(bytes).size();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
  state.counters["ratio"] = static_cast<double>(bytes.size()) / static_cast<double>(packed);
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
// 0: HL7, 1: text, 2: CSV, 3: JSON.
BENCHMARK(measure<by_isal>)->Name("isal")->DenseRange(0, 3);
BENCHMARK(measure<by_zlib>)->Name("zlib6")->DenseRange(0, 3);

}  // namespace

BENCHMARK_MAIN();
