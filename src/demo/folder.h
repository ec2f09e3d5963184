#pragma once

#include <filesystem>

namespace wardbook::demo {

/// `wanted`, or the default folder, absolute; made with what is missing above it, so that the
/// database's user can pass. Throws std::runtime_error with one clear line.
std::filesystem::path prepare_folder(const std::filesystem::path& wanted);

}  // namespace wardbook::demo
