#include "features/attachments/verify.h"

#include <gtest/gtest.h>

namespace wardbook::attachments {
namespace {

Attachment declared() {
  Attachment out;
  out.record_id = RecordId(7);
  out.file_type = "application/pdf";
  out.stored_size = 100;
  out.s3_key = "clinic/2026/03/1";
  out.created_at = "2026-03-04T05:06:07Z";
  return out;
}

s3::ObjectInfo arrived() {
  s3::ObjectInfo out;
  out.size = 100;
  out.content_type = "application/pdf";
  out.metadata = {
      {"tenant-id", "clinic"}, {"record-id", "7"}, {"uploaded-at", "2026-03-04T05:06:07Z"}};
  return out;
}

TEST(HeadFaultTest, WhatTheUrlDidNotBindIsAFault) {
  EXPECT_EQ(head_fault(declared(), arrived()), std::nullopt);
  for (const s3::NameValue& other : {s3::NameValue{"content-disposition", "inline"},
                                     {"cache-control", "public"},
                                     {"cache-control", "max-age=60"},
                                     {"cache-control", "no-cache, public"},
                                     {"expires", "0"},
                                     {"x-amz-website-redirect-location", "/"}}) {
    auto info = arrived();
    info.others = {other};
    EXPECT_EQ(head_fault(declared(), info),
              "the upload's URL does not allow the header " + other.first);
  }
}

TEST(HeadFaultTest, WhatBrowsersAddForCachesIsNone) {
  for (const auto* value : {"no-cache", "max-age=0"}) {
    auto info = arrived();
    info.others = {{"cache-control", value}};
    EXPECT_EQ(head_fault(declared(), info), std::nullopt) << value;
    info.others.emplace_back("expires", "0");
    EXPECT_NE(head_fault(declared(), info), std::nullopt);
  }
}

}  // namespace
}  // namespace wardbook::attachments
