// A fresh folder that goes with its owner.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "cli/outcome.hpp"

namespace tidemark::cli {

class TemporaryFolder {
 public:
  static Expected<TemporaryFolder> make() {
    std::string path = std::filesystem::temp_directory_path() / "tidemark-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
      return fail(Exit::Error, path + ": cannot be made", "TMPDIR=FOLDER names another place");
    }
    return TemporaryFolder(std::move(path));
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace tidemark::cli
