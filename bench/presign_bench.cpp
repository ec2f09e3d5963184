// Presigned URLs per second on one thread: an upload bound the way attachments are, and a download.
#include <benchmark/benchmark.h>

#include "s3/presign.h"

namespace {

using namespace wardbook;
using s3::NameValue;

s3::Presigner presigner() {
  return {s3::Endpoint::parse("http://127.0.0.1:9000"),
          "wardbook",
          true,
          "eu-central-1",
          {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {}}};
}

constexpr std::string_view kKey =
    "tenant_1762083064503/medical-records/2026/03/123456/laboratory-report.pdf";

void presign_put(benchmark::State& state) {
  const std::vector<NameValue> headers = {
      {"Content-Type", "application/pdf"},
      {"If-None-Match", "*"},
      {"x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
      {"x-amz-meta-record-id", "123456"},
      {"x-amz-meta-tenant-id", "tenant_1762083064503"},
      {"x-amz-meta-uploaded-at", "2026-03-04T05:06:07Z"},
      {"x-amz-server-side-encryption", "AES256"},
      {"x-amz-storage-class", "INTELLIGENT_TIERING"}};
  auto signer = presigner();
  auto now = s3::parse_amz_date("20260304T050607Z").value();
  s3::PresignRequest request;
  request.method = "PUT";
  request.key = kKey;
  request.headers = headers;
  request.content_length = 123456;
  for (auto _ : state) {
    now += std::chrono::milliseconds{1};
    benchmark::DoNotOptimize(signer.url(request, now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(presign_put);

void presign_get(benchmark::State& state) {
  const std::vector<NameValue> params = {
      {"response-content-disposition", "attachment; filename=\"laboratory-report.pdf\""},
      {"response-content-type", "application/pdf"}};
  auto signer = presigner();
  auto now = s3::parse_amz_date("20260304T050607Z").value();
  s3::PresignRequest request;
  request.key = kKey;
  request.params = params;
  for (auto _ : state) {
    now += std::chrono::milliseconds{1};
    benchmark::DoNotOptimize(signer.url(request, now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(presign_get);

}  // namespace

BENCHMARK_MAIN();
