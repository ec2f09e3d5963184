#pragma once

// Inside of the slice: uploads in parts.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/input.h"
#include "features/attachments/verify.h"

namespace wardbook::attachments {

/// What S3 allows, and what keeps the work that a lost connection costs small.
inline constexpr std::int64_t kLeastPartBytes = 5LL * 1024 * 1024;
inline constexpr std::int64_t kMostPartBytes = 64LL * 1024 * 1024;
inline constexpr std::int64_t kMostParts = 10'000;

/// The size of each part but the last one: `wanted`, or more, so that there are at most 1000 parts
/// where kMostPartBytes allow it. Settings see to it that there are never more than kMostParts.
[[nodiscard]] std::int64_t part_bytes_for(std::int64_t stored_size, std::int64_t wanted);
[[nodiscard]] std::int64_t part_count(std::int64_t stored_size, std::int64_t part_bytes);
/// Of the part with this number, from 1.
[[nodiscard]] std::int64_t part_size(const Attachment& attachment, std::int64_t number);

/// A part as a client names it in a completion.
struct NamedPart {
  std::int64_t number = 0;
  std::string etag;  ///< without quotes
};
/// Of a completion's `parts`; nullopt when it has none.
[[nodiscard]] std::optional<std::vector<NamedPart>> named_parts(api::Input& in,
                                                                std::vector<Fault>& faults);

/// The row with an upload at the store, made if there is none yet, or if it is the one that is
/// `gone`. Fails with store_unavailable, attachment_not_available, attachment_not_found.
[[nodiscard]] Task<Attachment> with_upload(App& app, TenantId tenant, Attachment attachment,
                                           std::optional<std::string> gone = std::nullopt);
/// The member `upload` of a start's answer, with fresh URLs for all parts.
[[nodiscard]] std::string parts_json(App& app, const Attachment& attachment, s3::Habits habits);

/// Puts the parts together at the store, if that was not done before. Whether it was done is not
/// known for certain when false comes back. Fails with upload_not_finished, invalid_fields for
/// parts that are named and are not those that have arrived, store_unavailable.
[[nodiscard]] Task<bool> put_together(App& app, Attachment attachment,
                                      std::optional<std::vector<NamedPart>> named,
                                      s3::Habits habits);

Task<api::Response> list_upload_parts(App& app, api::Request req);

}  // namespace wardbook::attachments
