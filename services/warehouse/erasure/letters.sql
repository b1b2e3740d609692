-- name: in_letter
exists (
    select from unnest($2::text[]) word, convert_to(word, 'UTF8') bytes
    where strpos(message, word) > 0 or position(bytes in payload) > 0
        or position(bytes in coalesce(key, '')) > 0
)
