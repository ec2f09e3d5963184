#include "features/records/content_format.h"

#include <algorithm>
#include <array>

namespace wardbook::records {
namespace {

constexpr std::array kShipped{ContentFormat{1, &canonical_content}};

std::span<const ContentFormat>& formats() {
  static std::span<const ContentFormat> known(kShipped);
  return known;
}

}  // namespace

int newest_content_format() {
  return formats().back().number;
}

bool knows_content_format(int number) {
  return std::ranges::find(formats(), number, &ContentFormat::number) != formats().end();
}

std::string canonical(const RecordInput& data, const std::vector<Diagnosis>& diagnoses,
                      int content_format) {
  const auto found = std::ranges::find(formats(), content_format, &ContentFormat::number);
  if (found == formats().end()) {
    throw Failure(Code::internal, {}, "content format " + std::to_string(content_format));
  }
  return found->write(data, diagnoses);
}

OtherFormats::OtherFormats(std::span<const ContentFormat> others) : before_(formats()) {
  formats() = others;
}

OtherFormats::~OtherFormats() {
  formats() = before_;
}

}  // namespace wardbook::records
