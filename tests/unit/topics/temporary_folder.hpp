// A fresh folder that goes with its owner.
#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

#include "core/base/check.hpp"

namespace tidemark::topics {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    TIDEMARK_CHECK(mkdtemp(path_.data()) != nullptr, "a temporary folder can be made");
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace tidemark::topics
