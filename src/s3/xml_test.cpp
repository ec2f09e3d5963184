#include "s3/xml.h"

#include <gtest/gtest.h>

namespace wardbook::s3 {
namespace {

TEST(S3Xml, ErrorDocument) {
  const auto error = parse_error_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>"
      "<Message>a &lt;b&gt;</Message><RequestId>1</RequestId></Error>");
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, "NoSuchKey");
  EXPECT_EQ(error->message, "a <b>");
  for (const auto* bad : {"", "not xml", "<html>502</html>", "<Error><Code>X</Error>", "<Error"}) {
    EXPECT_FALSE(parse_error_xml(bad).has_value()) << bad;
  }
}

TEST(S3Xml, ListPage) {
  const auto page = parse_list_xml(
      R"(<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Name>b</Name><IsTruncated>true</IsTruncated>
      <NextContinuationToken>t&amp;1</NextContinuationToken>
      <Contents><Key>a &amp; b+c%20</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>
        <ETag>&quot;0123&quot;</ETag><Size>5368709120</Size>
        <StorageClass>STANDARD</StorageClass></Contents>
      <Contents><Key> </Key><Size>0</Size></Contents>
      <CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes></ListBucketResult>)");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "a & b+c%20");
  EXPECT_EQ(page->objects[0].size, 5368709120u);
  EXPECT_EQ(page->objects[0].etag, "0123");
  EXPECT_EQ(page->objects[0].last_modified, "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(page->objects[0].storage_class, "STANDARD");
  EXPECT_EQ(page->objects[1].key, " ");
  EXPECT_EQ(page->common_prefixes, std::vector<std::string>{"x/"});
  EXPECT_EQ(page->next_token, "t&1");
}

TEST(S3Xml, EncodedKeysAreDecoded) {
  const auto page = parse_list_xml(
      "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
      "<Contents><Key>a+b%2Bc%20d%01%C3%A4%25</Key><Size>1</Size></Contents>"
      "<CommonPrefixes><Prefix>p%2Fq%2F</Prefix></CommonPrefixes></ListBucketResult>");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->objects.at(0).key, "a b+c d\x01\xc3\xa4%");
  EXPECT_EQ(page->common_prefixes.at(0), "p/q/");
  EXPECT_EQ(page->next_token, "");
}

TEST(S3Xml, ListsThatMakeNoSenseAreRefused) {
  for (const auto* bad :
       {"", "<Error/>", "<ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>1x</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key></Key><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size>"
        "</Contents></ListBucketResult>"}) {
    EXPECT_FALSE(parse_list_xml(bad).has_value()) << bad;
  }
}

TEST(S3Xml, Parts) {
  const auto page = parse_parts_xml(
      "<ListPartsResult><IsTruncated>true</IsTruncated>"
      "<NextPartNumberMarker>2</NextPartNumberMarker>"
      "<Part><PartNumber>1</PartNumber><ETag>\"aa\"</ETag><Size>5</Size></Part>"
      "<Part><PartNumber>2</PartNumber><ETag>bb</ETag><Size>6</Size></Part></ListPartsResult>");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->parts.size(), 2u);
  EXPECT_EQ(page->parts[0].etag, "aa");
  EXPECT_EQ(page->parts[1].number, 2);
  EXPECT_EQ(page->parts[1].size, 6u);
  EXPECT_EQ(page->next_marker, 2);
  EXPECT_FALSE(parse_parts_xml("<ListPartsResult><IsTruncated>true</IsTruncated>"
                               "</ListPartsResult>")
                   .has_value());
}

TEST(S3Xml, SmallAnswers) {
  EXPECT_EQ(parse_upload_id_xml("<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                                "</InitiateMultipartUploadResult>"),
            "u1");
  EXPECT_EQ(parse_upload_id_xml("<InitiateMultipartUploadResult/>"), std::nullopt);
  EXPECT_EQ(parse_etag_xml("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"), "e");
  EXPECT_EQ(parse_etag_xml("<CompleteMultipartUploadResult><ETag>e-2</ETag>"
                           "</CompleteMultipartUploadResult>"),
            "e-2");
  EXPECT_EQ(parse_etag_xml("<Error><Code>InternalError</Code></Error>"), std::nullopt);
}

TEST(S3Xml, Uploads) {
  const auto page = parse_uploads_xml(
      "<ListMultipartUploadsResult><EncodingType>url</EncodingType>"
      "<IsTruncated>true</IsTruncated><NextKeyMarker>a%20b</NextKeyMarker>"
      "<NextUploadIdMarker>u2</NextUploadIdMarker><Upload><Key>a%20b</Key><UploadId>u2</UploadId>"
      "<Initiated>2026-01-02T03:04:05.000Z</Initiated></Upload></ListMultipartUploadsResult>");
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->uploads.size(), 1u);
  EXPECT_EQ(page->uploads[0].key, "a b");
  EXPECT_EQ(page->uploads[0].upload_id, "u2");
  EXPECT_EQ(page->next_key_marker, "a b");
  EXPECT_EQ(page->next_upload_id_marker, "u2");
}

TEST(S3Xml, ATextIsAllOfItsCharacterData) {
  const auto key = [](std::string_view inside) -> std::string {
    const auto page = parse_list_xml("<ListBucketResult><Contents><Key>" + std::string(inside) +
                                     "</Key><Size>1</Size></Contents></ListBucketResult>");
    return page ? page->objects.at(0).key : "(refused)";
  };
  EXPECT_EQ(key("foo<![CDATA[&]]>bar"), "foo&bar");
  EXPECT_EQ(key("a<!-- -->b"), "ab");
  EXPECT_EQ(key("<!--x-->a"), "a");
  EXPECT_EQ(key("<![CDATA[a]]><![CDATA[<b>]]>"), "a<b>");
  EXPECT_EQ(key(" <![CDATA[ ]]> "), "   ");
  EXPECT_EQ(key("a&#x26;&#98;"), "a&b");
  for (const auto* bad : {"a<b/>", "<b>a</b>", "a<?pi?>b", "a&nbsp;b", "a & b", "a&#0;b", "a]]>b",
                          "\xff", "a</Key><Key>b"}) {
    EXPECT_EQ(key(bad), "(refused)") << bad;
  }
}

TEST(S3Xml, WhatCouldBeReadInTwoWaysIsNotRead) {
  const std::string inside = "<Code>A</Code><Message>m</Message>";
  EXPECT_TRUE(parse_error_xml("<Error xmlns=\"x\"><More>1</More>" + inside + "</Error>"));
  for (const auto& bad : std::vector<std::string>{
           "<Error>" + inside + "<Code>B</Code></Error>", "<Error>text" + inside + "</Error>",
           "<!DOCTYPE Error><Error>" + inside + "</Error>", "<?x y?><Error>" + inside + "</Error>",
           "<Error a=\"1\">" + inside + "</Error>", "<Error>" + inside + "</Error><Error/>",
           "<?xml version=\"1.0\" encoding=\"latin1\"?><Error>" + inside + "</Error>",
           "<?xml version=\"1.1\"?><Error>" + inside + "</Error>",
           "<!DOCTYPE e [<!ENTITY x \"y\">]><Error><Code>&x;</Code></Error>"}) {
    EXPECT_FALSE(parse_error_xml(bad)) << bad;
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<a>";
  EXPECT_FALSE(parse_error_xml("<Error>" + deep));
}

TEST(S3Xml, WrittenDocuments) {
  const std::vector<Part> parts = {{1, "a&b", 5}, {2, "cc", 6}};
  EXPECT_EQ(complete_upload_xml(parts),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Part><PartNumber>1</PartNumber><ETag>&quot;a&amp;b&quot;</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>&quot;cc&quot;</ETag></Part>"
            "</CompleteMultipartUpload>");
  std::vector<Part> summed = {{1, "a", 5}};
  summed[0].checksum_sha256 = "c3Vt";
  EXPECT_NE(complete_upload_xml(summed).find(
                "<ETag>&quot;a&quot;</ETag><ChecksumSHA256>c3Vt</ChecksumSHA256></Part>"),
            std::string::npos);
  EXPECT_EQ(create_bucket_xml("eu-central-1"),
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>");
}

}  // namespace
}  // namespace wardbook::s3
