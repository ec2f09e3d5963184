#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wardbook::objectd {

/// Writes a document of nested elements, escaping all text; what XML 1.0 cannot hold (control
/// characters) becomes a numeric reference, as S3 itself does.
class XmlWriter {
 public:
  static constexpr std::string_view kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

  XmlWriter();
  XmlWriter& open(std::string_view element, std::string_view xmlns = {});
  XmlWriter& close();
  XmlWriter& text(std::string_view element, std::string_view value);
  XmlWriter& number(std::string_view element, std::int64_t value);
  /// Closes what is open.
  [[nodiscard]] std::string str() &&;

 private:
  void append_escaped(std::string_view value);

  std::string out_;
  std::vector<std::string> open_;
};

/// The documents that clients send. All parsers take at most what they name, refuse a document type
/// declaration, and throw S3Error (MalformedXML) for anything that is not what is expected.
inline constexpr std::size_t kMaxXmlBytes = 2 * 1024 * 1024;
inline constexpr std::size_t kMaxDeletes = 1000;
inline constexpr int kMaxParts = 10'000;

struct DeleteRequest {
  std::vector<std::string> keys;
  bool quiet = false;
};
[[nodiscard]] DeleteRequest parse_delete(std::string_view xml);

struct CompletedPart {
  int number = 0;
  std::string etag;                                            ///< without quotes
  std::vector<std::pair<std::string, std::string>> checksums;  ///< "SHA256" -> base64
};
/// Part numbers are 1 to 10000 and ascend (else InvalidPartOrder).
[[nodiscard]] std::vector<CompletedPart> parse_complete(std::string_view xml);

/// The region that a CreateBucketConfiguration asks for; nullopt if it names none.
[[nodiscard]] std::optional<std::string> parse_create_bucket(std::string_view xml);

}  // namespace wardbook::objectd
