#include "s3/xml_reader.h"

#include <expat.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "net/message.h"

namespace wardbook::s3 {
namespace {

/// What expat reports, made into a tree. It is told to stop at the first thing that must not be.
class Reading {
 public:
  Reading(XML_Parser parser, const XmlBounds& bounds) : parser_(parser), bounds_(bounds) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, &Reading::on_start, &Reading::on_end);
    XML_SetCharacterDataHandler(parser, &Reading::on_text);
    XML_SetProcessingInstructionHandler(parser, &Reading::on_instruction);
    XML_SetStartDoctypeDeclHandler(parser, &Reading::on_doctype);
    XML_SetXmlDeclHandler(parser, &Reading::on_declaration);
  }

  std::optional<XmlElement> result(std::string_view document) {
    const auto status =
        XML_Parse(parser_, document.data(), static_cast<int>(document.size()), XML_TRUE);
    if (status != XML_STATUS_OK || refused_ || !root_) return std::nullopt;
    return std::move(root_);
  }

 private:
  static Reading& of(void* data) { return *static_cast<Reading*>(data); }
  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    of(data).start(name, attributes);
  }
  static void on_end(void* data, const XML_Char*) { of(data).end(); }
  static void on_text(void* data, const XML_Char* text, int length) {
    of(data).text({text, static_cast<std::size_t>(length)});
  }
  static void on_instruction(void* data, const XML_Char*, const XML_Char*) { of(data).refuse(); }
  static void on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    of(data).refuse();
  }
  static void on_declaration(void* data, const XML_Char* version, const XML_Char* encoding, int) {
    const bool known = version == nullptr || std::string_view(version) == "1.0";
    if (!known || (encoding != nullptr && !equal_ignoring_case(encoding, "utf-8"))) {
      of(data).refuse();
    }
  }

  void refuse() {
    refused_ = true;
    XML_StopParser(parser_, XML_FALSE);
  }

  [[nodiscard]] bool allowed(std::string_view attribute, std::string_view value) const {
    if (attribute == "xmlns") return !bounds_.request || value == kXmlNamespace;
    return !bounds_.request && (attribute == "xmlns:xsi" || attribute == "xsi:type");
  }

  void start(const XML_Char* name, const XML_Char** attributes) {
    if (refused_) return;
    for (; *attributes != nullptr; attributes += 2) {
      if (!allowed(attributes[0], attributes[1])) return refuse();
    }
    if (++elements_ > bounds_.elements || open_.size() >= bounds_.depth) return refuse();
    // Only the youngest child of each open element can be open, so that these pointers stay valid.
    XmlElement* made = nullptr;
    if (open_.empty()) {
      made = &root_.emplace();
    } else {
      made = &open_.back()->children.emplace_back();
    }
    made->name = name;
    open_.push_back(made);
  }

  void text(std::string_view more) {
    if (!refused_ && !open_.empty()) open_.back()->text.append(more);
  }

  void end() {
    if (refused_) return;
    auto& element = *open_.back();
    open_.pop_back();
    if (element.children.empty()) return;
    if (!only_blanks(element.text, kWhiteSpace)) return refuse();
    element.text.clear();
  }

  XML_Parser parser_;
  const XmlBounds& bounds_;
  std::optional<XmlElement> root_;
  std::vector<XmlElement*> open_;
  std::size_t elements_ = 0;
  bool refused_ = false;
};

}  // namespace

const XmlElement* XmlElement::only(std::string_view child) const {
  const auto named = [child](const XmlElement& element) { return element.name == child; };
  const auto first = std::ranges::find_if(children, named);
  if (first == children.end()) return nullptr;
  return std::find_if(first + 1, children.end(), named) == children.end() ? &*first : nullptr;
}

std::optional<XmlElement> read_xml(std::string_view document, const XmlBounds& bounds) {
  if (document.size() > bounds.bytes) return std::nullopt;
  struct Free {
    void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
  };
  // Entities are those of XML itself: others need a document type, at which reading stops.
  const std::unique_ptr<XML_ParserStruct, Free> parser(XML_ParserCreate("UTF-8"));
  if (!parser) throw std::bad_alloc();
  return Reading(parser.get(), bounds).result(document);
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out.append("&#").append(std::to_string(static_cast<int>(c))).append(";");
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string write_xml(const XmlElement& element, bool root) {
  std::string out = "<" + element.name;
  if (root) out.append(" xmlns=\"").append(kXmlNamespace).append("\"");
  out += ">";
  if (element.children.empty()) out += xml_escaped(element.text);
  for (const auto& child : element.children) out += write_xml(child, false);
  return out.append("</").append(element.name).append(">");
}

}  // namespace wardbook::s3
