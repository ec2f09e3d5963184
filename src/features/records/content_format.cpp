#include "features/records/content_format.h"

#include <algorithm>

namespace wardbook::records {
namespace {

/// Those of a test; empty: the program's own (clinical::canonical).
std::span<const ContentFormat>& others() {
  static std::span<const ContentFormat> instead;
  return instead;
}

}  // namespace

int newest_content_format() {
  return others().empty() ? clinical::kContentFormat : others().back().number;
}

bool knows_content_format(int number) {
  if (others().empty()) return number >= 1 && number <= clinical::kContentFormat;
  return std::ranges::find(others(), number, &ContentFormat::number) != others().end();
}

std::string canonical(const RecordInput& data, const std::vector<Diagnosis>& diagnoses,
                      int content_format) {
  if (!knows_content_format(content_format)) {
    throw Failure(Code::internal, {}, "content format " + std::to_string(content_format));
  }
  if (!others().empty()) {
    return std::ranges::find(others(), content_format, &ContentFormat::number)
        ->write(data, diagnoses);
  }
  RecordInput whole = data;
  whole.diagnoses = coding::content_of(diagnoses);
  return clinical::canonical(whole, content_format);
}

OtherFormats::OtherFormats(std::span<const ContentFormat> formats) : before_(others()) {
  others() = formats;
}

OtherFormats::~OtherFormats() {
  others() = before_;
}

}  // namespace wardbook::records
