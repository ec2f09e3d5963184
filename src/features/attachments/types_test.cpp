#include "features/attachments/types.h"

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
  EXPECT_TRUE(content_fault("a.docx", zip_of({"word/document.xml"}), true));
  EXPECT_TRUE(content_fault("a.docx", zip_of({"[Content_Types].xml", "word/evil.exe"}), true));
  EXPECT_TRUE(content_fault("a.docx", zip_of({"word/evil.exe"}), true));
  const auto with = [](const std::string& more) {
    return content_fault("a.docx", zip_of({"[Content_Types].xml", "word/document.xml", more}),
                         true);
  };
  EXPECT_FALSE(with("docProps/thumbnail.jpeg"));
  EXPECT_TRUE(with("word/vbaProject.bin"));
  EXPECT_TRUE(with("word/VBAPROJECT.BIN"));
}

TEST(TypesTest, AvifIsNoHeic) {
  const auto heif = [](const std::string& brands) {
    const std::string size = "\0\0\0"s + static_cast<char>(8 + brands.size());
    return content_fault("a.heic", size + "ftyp" + brands, true);
  };
  EXPECT_FALSE(heif("heic\0\0\0\0mif1heic"s));
  EXPECT_FALSE(heif("mif1\0\0\0\0mif1heic"s));
  EXPECT_FALSE(heif("mif1\0\0\0\0mif1heicavif"s)) << "both ways";
  EXPECT_TRUE(heif("avif\0\0\0\0avifmif1miaf"s));
  EXPECT_TRUE(heif("mif1\0\0\0\0mif1avif"s));
  EXPECT_TRUE(heif("avis\0\0\0\0msf1avis"s));
}

TEST(TypesTest, Hl7IsSegmentsAndNothingElse) {
  const std::string head = "MSH|^~\\&|LAB|X|W|Y|20260304||ORU^R01|1|P|2.5\r";
  for (const auto& good :
       {head, head + "PID|1||42\rOBX|1|TX|||H\xe4moglobin\rZBE|1\r", "MSH|^~\\&|A\nPID|1\n"s,
        "MSH|^~\\&#|A\r\nPID|1\r\n"s, "FHS|^~\\&|A\rBHS|^~\\&|B\r" + head + "BTS|1\rFTS|1\r",
        "\x0b" + head + "\x1c\r", "MSH#^~\\&#LAB\rPID#1\r"s}) {
    EXPECT_FALSE(content_fault("a.hl7", good, true)) << good;
  }
  std::string random = head;
  for (int i = 0; i < 200; ++i) random.push_back(static_cast<char>(i * 37));
  for (const auto& bad :
       {"MSH|"s, "MSH|abc|"s, "MSH|^^^^|A\r"s, head + "no segment\r", head + "pid|1\r",
        head + "PIDX1\r", "MSH|\x9f\x03\xff\x10random"s, random, "PID|1\r"s}) {
    EXPECT_TRUE(content_fault("a.hl7", bad, true)) << bad;
  }
  EXPECT_FALSE(content_fault("a.hl7", head + "OB", false)) << "the rest comes later";
}

/// An element in explicit little endian.
std::string element(std::string_view tag, std::string_view vr, std::string value) {
  if (value.size() % 2 == 1) value.push_back('\0');
  return std::string(tag) + std::string(vr) + static_cast<char>(value.size()) + '\0' + value;
}

TEST(TypesTest, DicomMayLackItsPreambleAndItsExtension) {
  const std::string uid = "1.2.840.10008.5.1.4.1.1.2";
  const std::string plain = element("\x08\0\x05\0"s, "CS", "ISO_IR 100") +
                            element("\x08\0\x16\0"s, "UI", uid) +
                            element("\x10\0\x10\0"s, "PN", "A");
  const std::string implicit =
      "\x08\0\0\0\x04\0\0\0\0\x01\0\0"s + "\x08\0\x16\0\x1a\0\0\0"s + uid + "\0"s;
  const std::string meta =
      element("\x02\0\x02\0"s, "UI", uid) + element("\x02\0\x10\0"s, "UI", "1.2.840.10008.1.2.1");
  for (const auto& bytes : {plain, implicit, meta}) {
    EXPECT_FALSE(content_fault("a.dcm", bytes, true));
    EXPECT_FALSE(content_fault("IM000001", bytes, false));
  }
  const std::string foreign = element("\x08\0\x16\0"s, "UI", "1.3.6.1.4.1.1");
  const std::string backwards =
      element("\x08\0\x18\0"s, "UI", uid) + element("\x08\0\x16\0"s, "UI", uid);
  for (const auto& bytes : {foreign, backwards, plain.substr(0, 20), "\x08\0\x16\0UI\xff\xff"s}) {
    EXPECT_TRUE(content_fault("a.dcm", bytes, true)) << bytes;
  }
  for (const auto* name :
       {"IM000001", "I10", "1.2.840.113619.2.5.1762583153", "scan.IMA", "a.dcm"}) {
    EXPECT_FALSE(type_fault(name, "application/dicom")) << name;
    const Settings::Attachments settings;
    EXPECT_EQ(most_bytes(name, settings), settings.dicom_max_bytes);
  }
  EXPECT_EQ(type_fault("README", "text/plain"), "has no extension of an allowed type");
  EXPECT_TRUE(type_fault("", "application/dicom"));
  EXPECT_TRUE(type_fault("scan.", "application/dicom"));
}

TEST(TypesTest, APreambleThatASystemWouldRunIsRefused) {
  const auto behind = [](std::string start) {
    start.resize(128, '\0');
    return content_fault("a.dcm", start + "DICM\x02\0\0\0"s, true);
  };
  EXPECT_FALSE(behind(""));
  EXPECT_FALSE(behind("II*\0"s)) << "also a TIFF, which PS3.10 allows for";
  for (const auto* program : {"MZ\x90",
                              "\x7f"
                              "ELF",
                              "#!/bin/sh\n", "PK\x03\x04"}) {
    EXPECT_TRUE(behind(program)) << program;
  }
}

TEST(TypesTest, TypesComeWithParametersAndByOtherNames) {
  const std::vector<std::array<std::string_view, 3>> rows{
      {"a.csv", "text/csv; charset=windows-1252", "text/csv"},
      {"a.csv", "Text/CSV ;header=present", "text/csv"},
      {"a.csv", "application/vnd.ms-excel", "text/csv"},
      {"a.jpg", "image/jpg", "image/jpeg"},
      {"a.jpeg", "image/pjpeg", "image/jpeg"},
      {"a.pdf", "application/x-pdf", "application/pdf"},
      {"a.xml", "text/xml; charset=utf-8", "text/xml"},
      {"a.txt", "text/plain;charset=UTF-8", "text/plain"},
  };
  for (const auto& [name, said, usual] : rows) {
    EXPECT_FALSE(type_fault(name, said)) << said;
    EXPECT_EQ(usual_type(name, said), usual);
  }
  EXPECT_TRUE(type_fault("a.doc", "application/vnd.ms-excel"));
  EXPECT_TRUE(type_fault("a.pdf", "image/jpg"));
  EXPECT_EQ(charset_parameter("text/csv; header=present; Charset=\"latin1\""), "latin1");
  EXPECT_EQ(charset_parameter("text/csv"), "");
}

TEST(TypesTest, TheEncodingOfATextIsNoted) {
  EXPECT_EQ(text_charset("a.txt", "Hb", true), "UTF-8");
  EXPECT_EQ(text_charset("a.xml", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>", true),
            "ISO-8859-1");
  EXPECT_EQ(text_charset("a.csv", "\xb1;\xe6", true, "iso-8859-2"), "iso-8859-2");
  EXPECT_EQ(text_charset("a.json", "{\"a\": \"\xfc\"}", true), std::nullopt);
  EXPECT_EQ(text_charset("a.pdf", "%PDF-", true), std::nullopt);
  EXPECT_FALSE(
      content_fault("a.xml", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>", true));
  EXPECT_FALSE(content_fault("a.xml", "\xff\xfe<\0a\0/\0>\0"s, true));
  EXPECT_FALSE(content_fault("a.json", "\xff\xfe[\0]\0"s, true));
  EXPECT_TRUE(content_fault("a.json", "{\"a\": \"\xfc\"}", true)) << "JSON is Unicode";
}

TEST(TypesTest, TextHasNoControlCharacters) {
  for (const auto& good : {"a"s, "\t\r\n\f"s,
                           "\xef\xbb\xbf"
                           "a"s,
                           "\xf0\x9f\xa9\xba"s}) {
    EXPECT_FALSE(content_fault("a.txt", good, true)) << good;
  }
  for (const auto& bad :
       {""s, "a\0b"s, "\x1b[31m"s, "\x7f"s, "\xc0\x80"s, "\xf5\x80\x80\x80"s, "\xe2\x82"s}) {
    EXPECT_TRUE(content_fault("a.txt", bad, true)) << bad;
  }
  EXPECT_FALSE(content_fault("a.txt", "a\xe2\x82", false)) << "the rest comes later";
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
