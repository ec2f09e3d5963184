#include "demo/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <magic.h>

#include <boost/json/parse.hpp>
#include <memory>
#include <set>

#include "base/hash.h"
#include "features/attachments/attachments.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const HospitalPlan& plan() {
  return hospital_plans().front();
}

json::object record(std::int64_t id, const std::string& icd, bool results = true) {
  json::object out = json::parse(R"({"record_number": "MR-2026-000123",
    "visit_date": "2026-03-04T05:06:07Z", "diagnosis": "Essential hypertension",
    "treatment_plan": "Rest.\nDrink.", "follow_up_date": "2026-04-01",
    "follow_up_instructions": "Bring the diary.", "vital_signs": {"pulse_bpm": 88},
    "prescriptions": [{"medication": "Lisinopril", "dosage": "10 mg", "frequency": "once daily"}],
    "patient": {"id": 4, "patient_number": "P-000004", "first_name": "Íñigo",
      "last_name": "Wójcik"}, "lab_results": []})")
                         .as_object();
  out["id"] = id;
  out["diagnoses"] = json::array{json::object{{"icd_code", icd}}};
  if (results) {
    for (int i = 0; i < 60; ++i) {
      out["lab_results"].as_array().push_back(
          json::object{{"test", "Potassium"},
                       {"value", 4.25},
                       {"unit", "mmol/L"},
                       {"reference_low", 3.5},
                       {"reference_high", 5},
                       {"flag", i % 7 == 0 ? "high" : "normal"}});
    }
  }
  return out;
}

std::string magic_of(const std::string& bytes) {
  const std::unique_ptr<magic_set, void (*)(magic_set*)> cookie(magic_open(MAGIC_MIME_TYPE),
                                                                &magic_close);
  if (magic_load(cookie.get(), nullptr) != 0) return "no database";
  return magic_buffer(cookie.get(), bytes.data(), bytes.size());
}

constexpr Paper kAll[] = {Paper::lab_report, Paper::ecg, Paper::radiograph, Paper::instructions};

TEST(Documents, AreWhatTheirNamesSay) {
  for (const Paper paper : kAll) {
    const Document made = make_document(paper, plan(), record(7, "I10"));
    SCOPED_TRACE(made.file_name);
    EXPECT_EQ(magic_of(made.bytes), made.file_type);
    EXPECT_EQ(attachments::type_fault(made.file_name, made.file_type), std::nullopt);
    EXPECT_EQ(attachments::content_fault(made.file_name, made.bytes, true), std::nullopt);
    EXPECT_EQ(attachments::safe_name(made.file_name), made.file_name);
    EXPECT_LT(made.bytes.size(), 200'000U);
  }
}

TEST(Documents, FollowFromTheRecord) {
  for (const Paper paper : kAll) {
    const std::string once = make_document(paper, plan(), record(7, "I10")).bytes;
    EXPECT_EQ(to_hex(sha256(once)),
              to_hex(sha256(make_document(paper, plan(), record(7, "I10")).bytes)));
  }
  EXPECT_NE(make_document(Paper::ecg, plan(), record(7, "I10")).bytes,
            make_document(Paper::ecg, plan(), record(8, "I10")).bytes);
  EXPECT_NE(make_document(Paper::radiograph, plan(), record(7, "I10")).bytes,
            make_document(Paper::radiograph, plan(), record(8, "I10")).bytes);
}

TEST(Documents, ALongReportHasPages) {
  const std::string bytes = lab_report_pdf(plan(), record(7, "I10"));
  EXPECT_THAT(bytes, StartsWith("%PDF-"));
  EXPECT_THAT(bytes, HasSubstr("/Count 2"));
  EXPECT_THAT(bytes, HasSubstr("%%EOF"));
  EXPECT_THAT(lab_report_pdf(plan(), record(7, "I10", false)), HasSubstr("/Count 1"));
}

TEST(Documents, InstructionsSayWhatWasDecided) {
  const std::string text = instructions_text(plan(), record(7, "I10"));
  for (const char* part : {"Wójcik, Íñigo", "MR-2026-000123 of 2026-03-04", "Drink.",
                           "- Lisinopril 10 mg, once daily", "Bring the diary.", "2026-04-01"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

/// Reads the elements one after the other, as PS3.10 and PS3.5 lay them out.
TEST(Documents, TheRadiographIsSoundDicom) {
  const std::string bytes = radiograph_dicom(plan(), record(7, "I10"), 42);
  ASSERT_EQ(bytes.substr(0, 132), std::string(128, '\0') + "DICM");
  const auto u16 = [&bytes](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes.at(at))) |
           static_cast<unsigned>(static_cast<unsigned char>(bytes.at(at + 1))) << 8;
  };
  std::size_t at = 132;
  std::size_t meta_ends = 0;
  unsigned long before = 0;
  std::map<unsigned long, std::string> found;
  while (at < bytes.size()) {
    const unsigned long tag = static_cast<unsigned long>(u16(at)) << 16 | u16(at + 2);
    EXPECT_GT(tag, before) << std::hex << tag;
    before = tag;
    const bool wide = bytes.substr(at + 4, 2) == "OB";
    const std::size_t size = wide ? u16(at + 8) | u16(at + 10) << 16 : u16(at + 6);
    EXPECT_EQ(size % 2, 0U) << std::hex << tag;
    at += wide ? 12 : 8;
    ASSERT_LE(at + size, bytes.size());
    found[tag] = bytes.substr(at, size);
    if (tag == 0x00020000) meta_ends = at + size + u16(at);
    if (tag >> 16 == 2) {
      EXPECT_LE(at + size, meta_ends);
    }
    if (tag >> 16 != 2) {
      EXPECT_GE(at, meta_ends);
    }
    at += size;
  }
  EXPECT_EQ(found[0x00020010], std::string("1.2.840.10008.1.2.1\0", 20));
  EXPECT_EQ(found[0x00100010], "Wójcik^Íñigo ");
  EXPECT_EQ(found[0x00080018], found[0x00020003]);
  EXPECT_EQ(found[0x7fe00010].size(), 192U * 192U);
}

TEST(Documents, EveryRecordHasAtMostOneAndOfEveryKindThereAreSome) {
  json::array records;
  for (int i = 0; i < 200; ++i) {
    const char* icd = i % 9 == 0 ? "J45.909" : i % 4 == 0 ? "I10" : "E11.9";
    records.push_back(record(i + 1, icd, i % 3 == 0));
  }
  const auto assigned = assign_papers(records);
  EXPECT_EQ(assigned.size(), 50U);
  std::set<std::size_t> taken;
  std::map<Paper, int> kinds;
  for (const auto& one : assigned) {
    EXPECT_TRUE(taken.insert(one.record).second);
    ++kinds[one.paper];
    if (one.paper == Paper::lab_report) {
      EXPECT_EQ(one.record % 3, 0U);
    }
  }
  EXPECT_EQ(kinds.size(), 4U);
}

TEST(Documents, WhatSuitsNobodyIsFiledAnyway) {
  json::array records;
  for (int i = 0; i < 60; ++i) records.push_back(record(i + 1, "E11.9", false));
  std::map<Paper, int> kinds;
  for (const auto& one : assign_papers(records)) ++kinds[one.paper];
  EXPECT_EQ(kinds.size(), 3U);
  EXPECT_EQ(kinds.count(Paper::lab_report), 0U);
}

}  // namespace
}  // namespace wardbook::demo
