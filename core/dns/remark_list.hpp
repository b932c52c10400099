// Remarks of one text, bounded: a file of a million broken lines must not become a report of a
// million lines.
#pragma once

#include <string>
#include <vector>

#include "core/dns/entry_lexer.hpp"
#include "core/dns/master_file.hpp"

namespace tidemark::dns {

class RemarkList {
 public:
  void add(Place place, std::string what);
  void add(Remark remark);
  bool empty() const noexcept { return total_ == 0; }
  // In the order of the text; if there were more than remarks_max, the last says how many.
  std::vector<Remark> take() &&;

 private:
  std::vector<Remark> kept_;
  std::size_t total_ = 0;
};

}  // namespace tidemark::dns
