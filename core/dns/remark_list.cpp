#include "core/dns/remark_list.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tidemark::dns {

void RemarkList::add(Place place, std::string what) {
  add(Remark{place.line, place.column, std::move(what)});
}

void RemarkList::add(Remark remark) {
  ++total_;
  if (kept_.size() < remarks_max) kept_.push_back(std::move(remark));
}

std::vector<Remark> RemarkList::take() && {
  std::ranges::stable_sort(
      kept_, {}, [](const Remark& remark) { return std::tuple(remark.line, remark.column); });
  if (total_ > kept_.size()) {
    kept_.back().what = std::to_string(total_ - kept_.size() + 1) + " more";
  }
  return std::move(kept_);
}

std::string Remark::to_text() const {
  return std::to_string(line) + ":" + std::to_string(column) + ": " + what;
}

}  // namespace tidemark::dns
