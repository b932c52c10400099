#include "core/fold/cookie_rules.hpp"

#include <algorithm>

namespace tidemark::fold {

namespace {

using Salts = std::vector<event::CookieSalt>;

bool is_unique(const Salts& salts) {
  for (std::size_t i = 0; i < salts.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (salts[i] == salts[j]) return false;
    }
  }
  return true;
}

bool adds_one(const Salts& from, const Salts& to) {
  return to.size() == from.size() + 1 && std::equal(from.begin(), from.end(), to.begin());
}

bool drops_last(const Salts& from, const Salts& to) { return !to.empty() && adds_one(to, from); }

bool promotes_second(Salts from, const Salts& to) {
  if (from.size() < 2) return false;
  std::swap(from[0], from[1]);
  return from == to;
}

}  // namespace

std::optional<Rejected> apply(dataset::Editor& editor, const event::PutCookieSalts& put) {
  const Salts& there = editor.cookie_salts();
  if (put.expected != there) {
    return Rejected{Reason::CookiesChanged,
                    "the cookie salts are not the ones that were expected: read them again"};
  }
  if (put.salts.size() > event::cookie_salts_max || !is_unique(put.salts)) {
    return Rejected{Reason::CookieRule, "cookie salts: at most 3, each once"};
  }
  if (!adds_one(there, put.salts) && !promotes_second(there, put.salts) &&
      !drops_last(there, put.salts)) {
    return Rejected{Reason::CookieRule,
                    "cookie salts: a step adds one at the end, promotes the second or drops the "
                    "last of several"};
  }
  editor.put_cookie_salts(put.salts);
  return std::nullopt;
}

}  // namespace tidemark::fold
