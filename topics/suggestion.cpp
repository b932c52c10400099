#include "topics/suggestion.hpp"

#include <algorithm>
#include <numeric>

namespace tidemark::topics {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {  // Levenshtein
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view mistyped, const std::vector<std::string>& known) {
  if (known.empty()) return {};
  const auto nearest = std::ranges::min_element(
      known, {}, [&](const std::string& each) { return distance(mistyped, each); });
  if (distance(mistyped, *nearest) <= 1 + nearest->size() / 3) {
    return " (did you mean \"" + *nearest + "\"?)";
  }
  std::string all = " (known: ";
  for (const std::string& each : known) all += (&each == &known.front() ? "" : ", ") + each;
  return all + ")";
}

}  // namespace tidemark::topics
