#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

#include "features/attachments/attachments.h"

namespace wardbook::attachments {
namespace {

using namespace std::string_literals;
using ::testing::Contains;
using ::testing::Not;

/// A zip with these (empty) entries.
std::string zip_of(const std::vector<std::string>& names) {
  std::string out(64 * 1024, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const auto& name : names) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, 5);
    archive_write_header(writer, entry);
    archive_write_data(writer, "<xml>", 5);
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

std::string compound_file() {
  std::string out = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"s;
  out.resize(1024, '\0');
  out.replace(24, 10, "\x3e\0\x03\0\xfe\xff\x09\0\x06\0"s);
  return out;
}

struct Sample {
  std::string extension;
  std::string type;
  std::string bytes;
};

/// The smallest file of each type that may be uploaded.
std::vector<Sample> samples() {
  return {
      {"pdf", "application/pdf", "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"},
      {"jpg", "image/jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0"s},
      {"png", "image/png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s},
      {"tif", "image/tiff", "II*\0\x08\0\0\0"s},
      {"webp", "image/webp", "RIFF\x24\0\0\0WEBPVP8 "s},
      {"heic", "image/heic",
       "\0\0\0\x18"
       "ftypheic\0\0\0\0mif1heic"s},
      {"dcm", "application/dicom", std::string(128, '\0') + "DICM\x02\0\0\0"s},
      {"doc", "application/msword", compound_file()},
      {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
       zip_of({"[Content_Types].xml", "_rels/.rels", "word/document.xml"})},
      {"rtf", "application/rtf", "{\\rtf1\\ansi Hello}"},
      {"txt", "text/plain", "Grüße\r\n\tFollow-up.\n"},
      {"csv", "text/csv", "test,value\r\nK,4.1\r\n"},
      {"xml", "application/xml", "\xef\xbb\xbf <?xml version=\"1.0\"?><a/>"},
      {"json", "application/json", "\n{\"a\": [1, true, null]}"},
      {"hl7", "application/hl7-v2", "MSH|^~\\&|LAB|X|\rPID|1||42\r"},
  };
}

TEST(TypesTest, EachTypesFileIsThatTypeAndNoOther) {
  // What is text is also a .txt and a .csv file.
  const std::set<std::string> text{"rtf", "txt", "csv", "xml", "json", "hl7"};
  for (const auto& file : samples()) {
    for (const auto& name : samples()) {
      const bool as_text =
          text.contains(file.extension) && (name.extension == "txt" || name.extension == "csv");
      const bool fits = file.extension == name.extension || as_text;
      EXPECT_EQ(!content_fault("x." + name.extension, file.bytes, true), fits)
          << file.extension << " named ." << name.extension;
    }
  }
}

TEST(TypesTest, NameAndDeclaredTypeGoTogether) {
  const std::set<std::string> text{"txt", "csv", "xml", "json", "hl7"};
  for (const auto& file : samples()) {
    for (const auto& declared : samples()) {
      const bool plain = declared.type == "text/plain" && text.contains(file.extension);
      EXPECT_EQ(!type_fault("a." + file.extension, declared.type),
                file.type == declared.type || plain)
          << "." << file.extension << " as " << declared.type;
    }
    EXPECT_THAT(allowed_types(), Contains(file.type));
    EXPECT_TRUE(type_fault("a." + file.extension, "application/octet-stream"));
    EXPECT_TRUE(type_fault("a." + file.extension, ""));
  }
}

TEST(TypesTest, OnlyTheLastExtensionCountsWithoutCase) {
  EXPECT_FALSE(type_fault("Scan.PDF", "Application/PDF"));
  EXPECT_FALSE(type_fault("a.b.jpeg", "image/jpeg"));
  EXPECT_FALSE(type_fault("a.dicom", "application/dicom"));
  EXPECT_FALSE(type_fault("a.heif", "image/heif"));
  for (const auto* name : {"pdf", "a.pdf.exe", "a.", "", "a.pdf ", "a.html", "a.svg", "a.zip"}) {
    EXPECT_TRUE(type_fault(name, "application/pdf")) << name;
    EXPECT_TRUE(content_fault(name, "%PDF-1.4", true)) << name;
  }
}

TEST(TypesTest, CompressesWhatGetsSmaller) {
  const auto types = compressible_types();
  for (const auto* type : {"application/pdf", "text/plain", "text/csv", "application/json",
                           "application/xml", "application/rtf", "application/msword"}) {
    EXPECT_THAT(types, Contains(type));
  }
  for (const auto* type :
       {"image/jpeg", "image/png", "image/webp", "image/heic",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}) {
    EXPECT_THAT(types, Not(Contains(type)));
  }
}

TEST(TypesTest, DicomsMarkStandsAtByte128) {
  const auto at = [](std::size_t offset) {
    return content_fault("a.dcm", std::string(offset, '\0') + "DICM", true);
  };
  EXPECT_FALSE(at(128));
  for (const std::size_t wrong : {0, 4, 127, 129}) EXPECT_TRUE(at(wrong)) << wrong;
}

TEST(TypesTest, DocxIsAZipWithAWordDocument) {
  EXPECT_TRUE(content_fault("a.docx", zip_of({"[Content_Types].xml", "xl/workbook.xml"}), true));
  EXPECT_TRUE(content_fault("a.docx", zip_of({"notes.txt"}), true));
  EXPECT_TRUE(content_fault("a.docx", zip_of({}), true));
  EXPECT_TRUE(content_fault("a.docx", zip_of({"sword/document.xml"}), true));
  EXPECT_TRUE(content_fault("a.docx", "PK\x03\x04 and nothing", true));
  EXPECT_FALSE(content_fault("a.docx", zip_of({"word/document.xml"}), true));
}

TEST(TypesTest, TextIsUtf8WithoutControlCharacters) {
  for (const auto& good : {"a"s, "\t\r\n\f"s,
                           "\xef\xbb\xbf"
                           "a"s,
                           "\xf0\x9f\xa9\xba"s}) {
    EXPECT_FALSE(content_fault("a.txt", good, true)) << good;
  }
  for (const auto& bad : {""s, "a\0b"s, "\x1b[31m"s, "\x7f"s,
                          "Gr\xfc\xdf"
                          "e"s,
                          "\xc0\x80"s,
                          "\xff\xfe"
                          "a\0"s,
                          "\xf5\x80\x80\x80"s, "\xe2\x82"s}) {
    EXPECT_TRUE(content_fault("a.txt", bad, true)) << bad;
  }
  EXPECT_FALSE(content_fault("a.txt", "a\xe2\x82", false)) << "the rest comes later";
  EXPECT_TRUE(content_fault("a.txt",
                            "a\xe2"
                            "bcd",
                            false));
}

TEST(TypesTest, JsonIsJson) {
  for (const auto* good : {"{}", " [1]\n", "\"a\"", "-1.5e3", "null", "\xef\xbb\xbf{}"}) {
    EXPECT_FALSE(content_fault("a.json", good, true)) << good;
  }
  for (const auto* bad : {"not json", "test,value\n1,2", "{", "{} {}", "[1,]", "<a/>", " "}) {
    EXPECT_TRUE(content_fault("a.json", bad, true)) << bad;
  }
  EXPECT_FALSE(content_fault("a.json", R"([{"a": "b)", false)) << "the rest comes later";
  EXPECT_TRUE(content_fault("a.json", R"([{"a": b)", false));
  std::string deep(100, '[');
  EXPECT_FALSE(content_fault("a.json", deep + std::string(100, ']'), true));
}

TEST(TypesTest, SignaturesMayStandALittleLater) {
  EXPECT_FALSE(content_fault("a.pdf", std::string(1000, ' ') + "%PDF-1.7", true));
  EXPECT_TRUE(content_fault("a.pdf", std::string(2000, ' ') + "%PDF-1.7", true));
  EXPECT_FALSE(content_fault("a.hl7", "\x0bMSH|^~\\&|\r\x1c\r", true)) << "framed";
  EXPECT_FALSE(content_fault("a.tiff", "MM\0*\0\0\0\x08"s, true)) << "big endian";
}

TEST(TypesTest, AnyBytesAreJudgedWithoutHarm) {
  std::mt19937 random(7);  // NOLINT: the same bytes each time
  int judged = 0;
  for (const auto& file : samples()) {
    for (int round = 0; round < 40; ++round) {
      std::string bytes = file.bytes.substr(0, random() % (file.bytes.size() + 1));
      for (int i = 0; i < round % 7 && !bytes.empty(); ++i) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      for (const auto& name : samples()) {
        (void)content_fault("a." + name.extension, bytes, round % 2 == 0);
        ++judged;
      }
    }
    EXPECT_TRUE(content_fault("a." + file.extension, "", true)) << "an empty file is of no type";
  }
  EXPECT_EQ(judged, 15 * 15 * 40);
}

TEST(TypesTest, DicomMayBeLarger) {
  const Settings::Attachments settings;
  EXPECT_EQ(most_bytes("a.dcm", settings), settings.dicom_max_bytes);
  EXPECT_EQ(most_bytes("a.DICOM", settings), settings.dicom_max_bytes);
  EXPECT_EQ(most_bytes("a.pdf", settings), settings.max_bytes);
}

TEST(SafeNameTest, KeepsLettersDigitsDotsAndHyphens) {
  for (const auto& [name, safe] :
       std::vector<std::pair<std::string, std::string>>{{"scan-2.PDF", "scan-2.PDF"},
                                                        {"Übersicht (1).pdf", "_bersicht__1_.pdf"},
                                                        {"日本.txt", "__.txt"},
                                                        {"a_b c/d\\e.pdf", "a_b_c_d_e.pdf"},
                                                        {"a\nb\x7f.txt", "a_b_.txt"},
                                                        {"%2e%2e.txt", "_2e_2e.txt"},
                                                        {".hidden", "_.hidden"},
                                                        {"..", "_.."},
                                                        {".", "_."},
                                                        {"", "_"}}) {
    EXPECT_EQ(safe_name(name), safe) << name;
  }
}

TEST(SafeNameTest, IsAtMost200BytesAndKeepsItsExtension) {
  const std::string a(300, 'a');
  EXPECT_EQ(safe_name(a + ".pdf"), std::string(196, 'a') + ".pdf");
  EXPECT_EQ(safe_name(a), std::string(200, 'a'));
  for (const auto& name : {a + "." + a, "." + a, ".." + a + ".pdf", a + "."}) {
    EXPECT_LE(safe_name(name).size(), 200U) << name;
    EXPECT_NE(safe_name(name).front(), '.') << name;
  }
}

TEST(ObjectKeyTest, HasTenantMonthRecordAndName) {
  const auto tenant = *TenantId::parse("north_clinic");
  const auto at = *parse_rfc3339("2026-03-31T23:59:59Z");
  const auto key = [&](std::string_view name, std::int64_t version) {
    return object_key(tenant, at, RecordId(42), name, version);
  };
  EXPECT_EQ(key("scan.pdf", 1), "north_clinic/medical-records/2026/03/42/scan.pdf");
  EXPECT_EQ(key("scan.pdf", 2), "north_clinic/medical-records/2026/03/42/scan.v2.pdf");
  EXPECT_EQ(key("a.b.pdf", 12), "north_clinic/medical-records/2026/03/42/a.b.v12.pdf");
  EXPECT_EQ(key("README", 2), "north_clinic/medical-records/2026/03/42/README.v2");
  const auto next = *parse_rfc3339("2026-12-31T23:30:00-01:00");
  EXPECT_EQ(object_key(tenant, next, RecordId(1), "a.txt", 1),
            "north_clinic/medical-records/2027/01/1/a.txt")
      << "the month in UTC";
}

}  // namespace
}  // namespace wardbook::attachments
