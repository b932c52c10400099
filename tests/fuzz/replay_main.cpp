// Runs a fuzz target without libFuzzer: every file of a corpus, then mutations of them.
//
//   fuzz_rdata [--rounds N] [--seed N] CORPUS
//
// The input that is being tried stands in fuzz_<target>.last in the temporary folder whenever the
// target ends the process, so that it can join the corpus.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
namespace fs = std::filesystem;

Input current;           // read by save_current only
std::string saved_path;  // likewise

void save_current(int signal) {
  if (std::FILE* file = std::fopen(saved_path.c_str(), "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input is in %s\n", saved_path.c_str());
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void try_input(Input input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(current.data(), current.size());
}

std::vector<Input> corpus_in(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Input> corpus;
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(std::vector<Input> corpus, std::uint64_t seed)
      : corpus_(std::move(corpus)), random_(seed) {}

  Input next() {
    Input input = corpus_[below(corpus_.size())];
    for (std::size_t left = 1 + below(4); left > 0; --left) mutate(input);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void mutate(Input& input) {
    constexpr std::uint8_t edges[] = {0,    1,    0x3f, 0x40, 0x7f, 0x80,
                                      0xc0, 0xff, '"',  '\\', '(',  '.'};
    const std::size_t at = below(input.size() + 1);
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0: input.insert(place, static_cast<std::uint8_t>(random_())); return;
      case 1: input.insert(place, edges[below(std::size(edges))]); return;
      case 2: input.resize(at); return;
      case 3: splice(input, at); return;
      case 4:
        if (at < input.size()) input[at] = edges[below(std::size(edges))];
        return;
      default:
        if (at < input.size()) input[at] ^= static_cast<std::uint8_t>(1u << below(8));
    }
  }

  // A piece of another input, or of the same one, in the midst.
  void splice(Input& input, std::size_t at) {
    const Input& other = corpus_[below(corpus_.size())];
    if (other.empty() || input.size() > 1 << 16) return;
    const std::size_t begin = below(other.size());
    const std::size_t octets = 1 + below(other.size() - begin);
    const auto from = other.begin() + static_cast<std::ptrdiff_t>(begin);
    const Input piece(from, from + static_cast<std::ptrdiff_t>(octets));
    input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
  }

  std::vector<Input> corpus_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t rounds = 0, seed = 1;
  std::string folder;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--rounds" && i + 1 < count) {
      rounds = std::strtoull(arguments[++i], nullptr, 10);
    } else if (word == "--seed" && i + 1 < count) {
      seed = std::strtoull(arguments[++i], nullptr, 10);
    } else {
      folder = word;
    }
  }
  const std::vector<Input> corpus = corpus_in(folder);
  if (corpus.empty()) {
    std::cerr << "no corpus in " << folder << "\n";
    return 2;
  }
  saved_path = (fs::temp_directory_path() / (fs::path(arguments[0]).filename().string() + "." +
                                             std::to_string(getpid()) + ".last"))
                   .string();
  for (const int signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE}) std::signal(signal, save_current);
  for (const Input& input : corpus) try_input(input);
  Mutator mutator(corpus, seed);
  for (std::uint64_t round = 0; round < rounds; ++round) try_input(mutator.next());
  std::cout << corpus.size() << " inputs, " << rounds << " mutations, seed " << seed << "\n";
  return 0;
}
