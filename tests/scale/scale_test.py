"""The past of a log of 20,000 changes over ten years; tests/scale/run asks a million."""

import unittest

import past_scale


class PastAtScale(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = past_scale.OldFleet(20_000, 10)
        cls.addClassCleanup(lambda: cls.fleet.__exit__(None, None, None))
        cls.index = cls.fleet.folder / "offline-index"
        past_scale.catch_up(cls.fleet)

    def test_1_every_question_is_answered_on_and_offline(self):
        self.fleet.cli("history", "--limit", "1", *self.fleet.offline("--index", self.index))
        figures = past_scale.ask_all(self.fleet, self.index, 2)
        self.assertEqual(len(figures), 16)

    def test_2_bisect_finds_the_planted_change(self):
        self.assertLessEqual(past_scale.bisect_planted(self.fleet)["checks"], 16)
        past_scale.bisect_planted(self.fleet, "--zone", "zone-0.example")

    def test_3_any_name_at_any_time_is_what_an_independent_replay_says(self):
        self.assertGreater(past_scale.compare_pairs(self.fleet, 200)["held"], 50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
