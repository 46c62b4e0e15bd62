"""Values given to names: which are secrets, and how far they reach."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "password=⟦hunter2!⟧",
        'db_password = "⟦Tr0ub4dor&3⟧"',
        "dbPassword: '⟦letmein⟧'",
        "export PGPASSWORD=⟦correcthorse⟧",
        "?user=a&password=⟦s3cr3t99⟧&x=1",
        "Password=⟦xK9#mQ2v⟧;Encrypt=true",
        "--db-password ⟦s3cr3t99⟧ --user x",
        "<password>⟦s3cr3t99⟧</password>",
        "define('DB_PASSWORD', '⟦s3cr3t-99⟧');",
        '{\\"apiKey\\": \\"⟦a1b2c3d4e5f6⟧\\"}',
        "the password is ⟦hunter22⟧.",
        "password: str = '⟦s3cr3t99⟧'",
        "X-Api-Key: ⟦0a1b2c3d4e5f6a7b⟧\r\n",
        "//registry.example/:_authToken=⟦550e8400-e29b-41d4-a716-446655440000⟧",
        "credentials: '⟦s3cr3t99x⟧'",
        "password: ⟦IHCeJbig8l⟧",
        "S3_SECRET=⟦+ybW/aaxzSWiTAQOPZWPI4viQrxdUIpgGMbVUTm0⟧",
        "fs.s3a.secret.key=⟦3NSjLBgSpY2zps0BwE7f8ovWHXU+Iv37XR2G5dEt⟧",
        "APP_KEY=⟦base64:3NSjLBgSpY2zps0BwE7f8ovWHXUIv37XR2G5dEt12x=⟧",
        "STRIPE_KEY=⟦aB3dE6gH9jK2mN5pQ8rT1vX4⟧",
        "export SUPABASE_ANON_KEY='⟦9f86d081884c7d659a2feaa0c55ad015⟧'",
        "token=⟦amiPaoxreNsGuPzTXAwEQBfZ⟧",
        "encryption key: ⟦9f86d081884c7d65⟧",
        "senha: ⟦kVS4qpR6⟧",
        "mot de passe : ⟦kVS4qpR6⟧",
        "contraseña: ⟦kVS4qpR6⟧",
        "пароль: ⟦kVS4qpR6⟧",
        "密码\uff1a⟦kVS4qpR6⟧",
        'password: "⟦a\\"9X#q⟧"',
        'password = """⟦kVS4qpR6⟧"""',
        "password: |\n  ⟦kVS4qpR6⟧\nuser: x",
        "PASSWORD=$(cat <<EOF\n⟦kVS4qpR6⟧\nEOF\n)",
        "PASSWORD=${PW:-⟦kVS4qpR6⟧}",
        "DB_PASSWORD=⟦p@ss,word;9X⟧",
        "- name: DB_PASSWORD\n  value: ⟦kVS4qpR6⟧",
        '{"Key":"DB_PASSWORD","Value":"⟦kVS4qpR6⟧"}',
        'variable "db_password" {\n  default = "⟦kVS4qpR6⟧"\n}',
        '<add key="Password" value="⟦kVS4qpR6⟧"/>',
        '<entry key="password">⟦kVS4qpR6⟧</entry>',
        "<td>Password</td><td>⟦kVS4qpR6⟧</td>",
        "<secret><![CDATA[⟦kVS4qpR6⟧]]></secret>",
        "ENV DB_PASSWORD ⟦kVS4qpR6⟧",
        "kubectl create secret generic s --from-literal=password=⟦kVS4qpR6⟧",
        'setPassword("⟦hunter22⟧")',
        "'password' => env('DB_PASSWORD', '⟦kVS4qpR6⟧'),",
        "password = os.getenv('PW', '⟦kVS4qpR6⟧')",
        "const pw = process.env.PW || '⟦kVS4qpR6⟧';",
        'var password string = "⟦kVS4qpR6⟧"',
        '#define DB_PASSWORD "⟦kVS4qpR6⟧"',
        "| password | ⟦kVS4qpR6⟧ |",
        "**Password:** ⟦kVS4qpR6⟧",
        "Password for bob: ⟦kVS4qpR6⟧",
        "Das Passwort ist ⟦kVS4qpR6⟧",
        '{"password":"⟦correct horse battery staple⟧"}',
        "password: ⟦correct horse battery staple⟧\n",
        "db:\n  user: app\n  password: ⟦dragonfly⟧\n  port: 1",
        '{"text": "password: ⟦it\'s-9-Big⟧"}',
    ],
)
def test_found(marked):
    check(marked, "password")


def test_vendors_are_told_by_what_stands_near():
    secret = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
    check(f"aws_secret_access_key = ⟦{secret}⟧", "aws_secret_key")
    check(f"AWS: the secret ⟦{secret}⟧", "aws_secret_key")
    check(f"AccountKey=⟦{'aB3/' * 21 + 'aB'}==⟧;x=1", "azure_storage_key")
    check(f"TWILIO_AUTH_TOKEN=⟦{'0a1b2c3d' * 4}⟧", "twilio_key")


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        "password = user.password",
        "password: string;",
        "token: Optional[str] = None",
        "if password == other_password:",
        '"password": "Password is required"',
        "password='too_short'",
        "password_hash = 'abc123def'",
        "max_tokens=4096",
        '"tokens": "12345abcd"',
        'next_page_token = "Ab3dEf6hIj"',
        "pad_token: '<pad>1'",
        "tokenizer = 'bert-base-uncased-v2'",
        "secretary: 'Bob123456'",
        "password = ${PASSWORD}",
        "password=$DB_PASSWORD",
        "password: /run/secrets/db_password",
        "password=https://vault.example/x1",
        "compass: 'north123'",
        "token = 1*tchar",
        "api_key: 'v1.2.3'",
        "token: '2026-11-25'",
        "let password = &args.password;",
        "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568",
        "CACHE_KEY=v1-linux-9f86d081884c7d659a2feaa0",
        "SORT_KEY=createdAtDescending2",
        "PRESS_KEY = 'Enter'",
        "OTHER_KEY=some-config-value-1",
        "password: ENC[AES256_GCM,data:abc123==,iv:xyz9]",
        "password: !vault |",
        "password: String,",
        "password: Option<String>,",
        "const password2 = req.body.password2;",
        "password: process.env.DB_PASSWORD,",
        "password: z.string().min(8),",
        "password varchar(255) NOT NULL,",
        "'password': 'required|min:8'",
        "it('checks password v2', () => {",
        "The password is required for step 2.",
        "pass 1 of 2",
        "API key 2 of 3",
        "Invalid password: Must be 8 characters",
        "#define GL_DEPTH_PASS 0x8803",
        'secret = base64.b64encode(key2, "latin1")',
        "password = password.encode('latin1')",
        "| password | string | required |",
        "password: dragonfly",
        'cls({"username": username, "password": password})',
        '"password": "\\u2022\\u2022\\u2022\\u2022"',
    ],
)
def test_not_found(text):
    check(text, "password")
