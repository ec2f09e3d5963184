#include <hpdf.h>
#include <iconv.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

#include "demo/documents.h"
#include "demo/person.h"

namespace wardbook::demo {
namespace {

namespace json = boost::json;

// Points; A4.
constexpr float kLeft = 56;
constexpr float kRight = 539;
constexpr float kTop = 786;
constexpr float kBottom = 70;
constexpr float kLine = 17;
constexpr std::array<float, 5> kColumns{kLeft, 250, 320, 390, 500};

struct DocumentCloser {
  void operator()(_HPDF_Doc_Rec* document) const { HPDF_Free(document); }
};

/// `text` in a code page; nullopt if that lacks a letter of it.
std::optional<std::string> recoded(const char* code_page, std::string text) {
  const std::unique_ptr<void, int (*)(void*)> converter(
      iconv_open(code_page, "UTF-8"), [](void* opened) { return iconv_close(opened); });
  // iconv_open's failure is not a null pointer.
  if (reinterpret_cast<std::intptr_t>(converter.get()) == -1) return std::nullopt;
  std::string out(text.size() + 1, '\0');
  char* from = text.data();
  char* to = out.data();
  std::size_t left = text.size();
  std::size_t room = out.size();
  if (iconv(converter.get(), &from, &left, &to, &room) != 0) return std::nullopt;
  out.resize(out.size() - room);
  return out;
}

std::string ascii_only(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) out += byte < 0x80 ? c : '?';
  }
  return out;
}

/// One report, page after page. The fonts are those that every reader of PDF has: so letters come
/// from one code page at a time.
class Sheet {
 public:
  Sheet() : document_(HPDF_New(nullptr, nullptr)) {
    if (!document_) throw std::runtime_error("no PDF could be made");
    HPDF_SetCompressionMode(document_.get(), HPDF_COMP_ALL);
    new_page();
  }

  [[nodiscard]] bool full() const { return y_ < kBottom; }
  void new_page() {
    page_ = HPDF_AddPage(document_.get());
    HPDF_Page_SetSize(page_, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
    y_ = kTop;
  }
  void down(float by) { y_ -= by; }
  void ink(float red, float green, float blue) { HPDF_Page_SetRGBFill(page_, red, green, blue); }

  void write(float x, float size, bool bold, const std::string& text) {
    const char* name = bold ? "Helvetica-Bold" : "Helvetica";
    const char* encoding = "CP1252";
    auto letters = recoded(encoding, text);
    if (!letters) letters = recoded(encoding = "CP1250", text);
    if (!letters) letters = ascii_only(text);
    HPDF_Page_BeginText(page_);
    HPDF_Page_SetFontAndSize(page_, HPDF_GetFont(document_.get(), name, encoding), size);
    HPDF_Page_TextOut(page_, x, y_, letters->c_str());
    HPDF_Page_EndText(page_);
  }
  void rule(float width) {
    HPDF_Page_SetLineWidth(page_, width);
    HPDF_Page_SetRGBStroke(page_, 0.25F, 0.35F, 0.45F);
    HPDF_Page_MoveTo(page_, kLeft, y_ - 5);
    HPDF_Page_LineTo(page_, kRight, y_ - 5);
    HPDF_Page_Stroke(page_);
  }

  std::string bytes() {
    HPDF_SaveToStream(document_.get());
    std::string out(HPDF_GetStreamSize(document_.get()), '\0');
    auto size = static_cast<HPDF_UINT32>(out.size());
    HPDF_ReadFromStream(document_.get(), reinterpret_cast<HPDF_BYTE*>(out.data()), &size);
    out.resize(size);
    const HPDF_STATUS failed = HPDF_GetError(document_.get());
    if ((failed != HPDF_OK && failed != HPDF_STREAM_EOF) || out.empty()) {
      throw std::runtime_error("no PDF could be made: libharu's error " + std::to_string(failed));
    }
    return out;
  }

 private:
  std::unique_ptr<_HPDF_Doc_Rec, DocumentCloser> document_;
  HPDF_Page page_ = nullptr;
  float y_ = kTop;
};

std::string value_text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  if (!value->is_number()) return {};
  const auto number = value->to_number<double>();
  for (int decimals = 0; decimals < 3; ++decimals) {
    if (rounded(number, decimals) == number) return number_text(number, decimals);
  }
  return number_text(number, 3);
}

std::string reference_text(const json::object& result) {
  const std::string low = value_text(result, "reference_low");
  const std::string high = value_text(result, "reference_high");
  if (!low.empty() && !high.empty()) return low + " - " + high;
  if (!low.empty()) return "over " + low;
  if (!high.empty()) return "up to " + high;
  return text_of(result, "reference_text");
}

void head(Sheet& sheet, const HospitalPlan& plan, const json::object& record) {
  const auto& patient = record.at("patient").as_object();
  const std::string time = text_of(record, "visit_date");
  sheet.ink(0.1F, 0.25F, 0.4F);
  sheet.write(kLeft, 17, true, std::string(plan.name));
  sheet.down(20);
  sheet.write(kLeft, 12, false, "Department of laboratory medicine");
  sheet.rule(1.2F);
  sheet.ink(0, 0, 0);
  sheet.down(34);
  sheet.write(kLeft, 14, true, "Laboratory report");
  const std::array<std::array<std::string, 2>, 4> lines{
      {{"Patient", patient_name(record)},
       {"Patient number", text_of(patient, "patient_number")},
       {"Record", text_of(record, "record_number")},
       {"Reported", date_part(time) + " " + time.substr(11, 5) + " UTC"}}};
  sheet.down(8);
  for (const auto& [label, value] : lines) {
    sheet.down(kLine);
    sheet.write(kLeft, 10, true, label);
    sheet.write(kLeft + 100, 10, false, value);
  }
  sheet.down(34);
}

void row(Sheet& sheet, const std::array<std::string, 5>& cells, bool bold) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].empty()) sheet.write(kColumns[i], 10, bold, cells[i]);
  }
}

void titles(Sheet& sheet) {
  row(sheet, {"Test", "Result", "Unit", "Reference", "Flag"}, true);
  sheet.rule(0.7F);
  sheet.down(kLine + 4);
}

}  // namespace

std::string lab_report_pdf(const HospitalPlan& plan, const json::object& record) {
  Sheet sheet;
  head(sheet, plan, record);
  titles(sheet);
  for (const auto& one : record.at("lab_results").as_array()) {
    if (sheet.full()) {
      sheet.new_page();
      titles(sheet);
    }
    const auto& result = one.as_object();
    const std::string flag = text_of(result, "flag");
    const bool notable = !flag.empty() && flag != "normal";
    if (notable) sheet.ink(0.7F, 0.1F, 0.1F);
    row(sheet,
        {text_of(result, "test"), value_text(result, "value"), text_of(result, "unit"),
         reference_text(result), notable ? flag : ""},
        notable);
    sheet.ink(0, 0, 0);
    sheet.down(kLine);
  }
  sheet.down(kLine);
  sheet.ink(0.4F, 0.4F, 0.4F);
  sheet.write(kLeft, 8, false, "Demo data: no real person is meant.");
  return sheet.bytes();
}

}  // namespace wardbook::demo
