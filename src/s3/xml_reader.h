#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads XML in the one way that the protocol needs: elements that hold elements, and elements that
/// hold text. What could be read in two ways is not read at all.
namespace wardbook::s3 {

inline constexpr std::string_view kXmlNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

struct XmlElement {
  std::string name;
  /// All of the element's character data: text, CDATA sections and references as one, comments
  /// left out. Empty for an element that holds elements.
  std::string text;
  std::vector<XmlElement> children;

  /// The only child of that name; null if there is none or more than one.
  [[nodiscard]] const XmlElement* only(std::string_view child) const;
};

struct XmlBounds {
  std::size_t bytes = 8 * 1024 * 1024;
  std::size_t elements = 100'000;
  std::size_t depth = 8;
  /// Of a document that asks for something. Its only attribute is then an xmlns with S3's own
  /// namespace; an answer may also have other namespaces and declare and use that of schemas (xsi).
  bool request = false;
};

/// The root. nullopt for what is not well-formed UTF-8 XML 1.0, for what exceeds the bounds, and
/// for a document type, a processing instruction, another attribute, or text beside elements.
[[nodiscard]] std::optional<XmlElement> read_xml(std::string_view document,
                                                 const XmlBounds& bounds);

/// The element as a document's text, with S3's namespace if it is the root.
[[nodiscard]] std::string write_xml(const XmlElement& element, bool root = true);

/// `text` with &, <, >, " and control characters as references.
[[nodiscard]] std::string xml_escaped(std::string_view text);

}  // namespace wardbook::s3
