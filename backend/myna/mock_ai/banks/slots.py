"""What stands in for `{weekday}`, `{person}` and the like in a sentence, so that a sentence seldom comes twice the same. Plain data."""

# ruff: noqa: E501

_TEXT = {
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February March April May June July August September October November",
    "season": "winter, spring, summer, autumn, harvest time, the thaw, the dry months, the dark weeks",
    "hour": "five, half past five, six, a quarter to seven, seven, ten to eight, nine, noon, three, a quarter past four, midnight",
    "few": "two, three, four, five, six, seven, nine, eleven, twelve",
    "times": "twice, three times, four times, seven times, once a year, every other week, more often than you think",
    "person": (
        "a lighthouse keeper, my predecessor, a retired surveyor, the ferryman, a piano tuner, the night porter, a beekeeper, an aunt of mine, "
        "the caretaker, a bookbinder, the postman, a choir of bakers, a tax inspector, the girl from the kiosk, a glazier, two brothers from the mill"
    ),
    "place": (
        "the old customs house, the upper lock, the north pier, the fish market, the signal box, the reading room, the tram depot, the mill, "
        "the second landing, the allotments, the ice house, the back of the chapel, the weighbridge, the boathouse, the far platform"
    ),
    "thing": (
        "a brass key, a folded map, a tin of buttons, an umbrella, a borrowed ladder, a jar of screws, a wet coat, a box of slides, a spare oar, "
        "a chipped cup, a roll of string, a bicycle lamp, an unsigned postcard, a door handle, half a sandwich, a pair of good scissors"
    ),
    "weather": "fog, drizzle, a light frost, sleet, a warm wind, thunder, the first snow, a dry spell, low cloud, hail, a long sunset",
    "colour": "grey, pale green, brick red, mustard, slate blue, off-white, bottle green, faded yellow, rust, navy",
    "food": "barley, smoked eel, rye bread, quince, pickled beets, lentils, dumplings, cold rhubarb, onions, soft cheese, plum cake, leeks",
    "animal": "a heron, the neighbour's goat, a wagtail, an elderly cat, two swans, a hedgehog, a crow, the station dog, a moth, a patient mule",
    "year": "1911 1923 1934 1947 1952 1958 1963 1971 1979 1986 1994",
    "feeling": "relief, mild alarm, respect, envy, boredom, quiet pride, some suspicion, good humour, regret, curiosity",
}
SLOTS: dict[str, tuple[str, ...]] = {
    name: tuple(one.strip() for one in (text.split(",") if "," in text else text.split())) for name, text in _TEXT.items()
}
