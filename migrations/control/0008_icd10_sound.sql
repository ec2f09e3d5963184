-- Words that sound the same, for those that are mistyped beyond a letter or two (nuemonia).
CREATE INDEX icd_words_by_sound ON wardbook.icd_words (release_id, public.dmetaphone(word));
